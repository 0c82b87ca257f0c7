"""From a heap image to findings: dominators, suspects, chains, a diagnosis and the verdict.

Works on an image, and on what is known beside it, in whatever process; it never touches a live
heap. Each step takes the suspects of the one before:

1. `suspects`: what the image alone shows, by size.
2. `growth`: with earlier images, what grows instead.
3. `inherited`: what is known of the same holders from workers that have ended.
4. `attribution`: whose requests made it, on which lines.
5. `route_floors`: enough for the requests of those routes.
6. `one_leak`: holders that are parts of one leak are one suspect.
7. `verdict`: the first of them, or the memory that none of them explains, in a sentence.
"""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from leakguard.analysis.attribution import attribute
from leakguard.analysis.earlier_lives import look_back
from leakguard.analysis.findings import Findings, ProcessFacts, SnapshotFacts
from leakguard.analysis.growth_history import compare_with
from leakguard.analysis.heap import Heap
from leakguard.analysis.inherited import inherit, of_this_app, remark
from leakguard.analysis.one_leak import told_once
from leakguard.analysis.route_floors import with_enough
from leakguard.analysis.suspects import find_suspects
from leakguard.analysis.typetable import type_rows
from leakguard.analysis.verdict import verdict
from leakguard.analysis.verdict_suspects import sure_by_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.evidence import Evidence
    from leakguard.analysis.findings import Suspect
    from leakguard.analysis.growth import Growth, Summary, Survey
    from leakguard.analysis.suspects import Judgement
    from leakguard.image import HeapImage

__all__ = ["Analysis", "Findings", "analyse", "analyse_opened", "analyse_with"]


@dataclass(frozen=True, slots=True)
class Analysis:
    """The findings, and what to keep of the image to compare later ones with."""

    findings: Findings
    summary: Summary | None
    holders: tuple[int, ...] = ()
    """By suspect: the node of its holder in the image, -1 where that is not known."""


class _Known(NamedTuple):
    """What the comparison with earlier images gave; `growth` is None where there are none."""

    growth: Growth | None = None
    survey: Survey | None = None
    summary: Summary | None = None


def analyse(image: HeapImage, *, top: int = 5) -> Findings:
    """What an image tells: the verdict, at most `top` suspects, and the types that take most.

    Takes about 60 bytes of memory an object on top of the image while it runs.
    Raises MemoryError where they are not to be had.
    """
    return _analyse(Heap(image), top, None).findings


def analyse_opened(heap: Heap, *, top: int = 5) -> Analysis:
    """The same where the trees of the image have been made."""
    return _analyse(heap, top, None)


def analyse_with(image: HeapImage, evidence: Evidence, *, top: int = 5) -> Analysis:
    """What an image tells together with earlier ones, of which `evidence` has the summaries.

    Takes 40 bytes a node more than `analyse`, and its time again. Raises MemoryError as well.
    """
    return _analyse(Heap(image), top, evidence)


def _analyse(heap: Heap, top: int, evidence: Evidence | None) -> Analysis:
    image = heap.image
    judged: Sequence[Judgement] = find_suspects(heap, top)
    notes = [str(note) for note in image.meta.get("notes", ())]
    known, facts, earlier = _Known(), None, None
    if evidence is not None:
        compared = compare_with(image, evidence, heap.circles)
        merged = compared.merge(heap, judged, top)
        judged, note = merged.suspects, merged.note
        known, facts = (
            _Known(compared.grown, compared.survey, compared.summary),
            compared.facts,
        )
        earlier = look_back(
            of_this_app(evidence.lives, heap), float(image.meta.get("created", 0.0))
        )
        if earlier is not None:
            judged = inherit(judged, earlier, known.growth)
            note = remark(note, judged, earlier)
        notes += [note] if note else []
    attributed = functools.partial(
        attribute,
        heap,
        growth=known.growth,
        survey=known.survey,
        summary=known.summary,
        evidence=evidence,
    )
    judged, routes = attributed(judged)
    enough = with_enough(judged, known.growth)
    if len(enough) < len(judged):
        judged, routes = attributed(enough)
    judged, routes = told_once(judged, routes, known.growth)
    suspects = tuple(_sure(judgement, evidence) for judgement in judged)
    if earlier is not None:
        earlier = earlier.with_ranks([(one.holder, one.object_type) for one in suspects])
    snapshot = _snapshot_facts(image)
    findings = Findings(
        process=_process_facts(image),
        snapshot=snapshot,
        verdict=verdict(
            suspects,
            snapshot,
            linked=bool(judged) and judged[0].linked,
            confidence=judged[0].confidence if judged else 0.0,
            growth=known.growth,
            evidence=evidence,
            earlier=earlier,
            routes=routes,
            garbage_bytes=known.summary.garbage_bytes if known.summary else 0,
        ),
        suspects=suspects,
        types=type_rows(heap),
        notes=tuple(notes),
        routes=routes,
        growth=facts,
        earlier=earlier,
    )
    holders = tuple(judgement.holder_node for judgement in judged)
    return Analysis(findings, known.summary, holders)


def _sure(judgement: Judgement, evidence: Evidence | None) -> Suspect:
    """The suspect, with the confidence in it where nothing is known of its growth."""
    suspect = judgement.suspect
    if suspect.confidence is not None:
        return suspect
    sure = sure_by_size(judgement.confidence, watched=evidence is not None)
    return dataclasses.replace(suspect, confidence=round(sure, 3))


def _snapshot_facts(image: HeapImage) -> SnapshotFacts:
    coverage = image.coverage
    return SnapshotFacts(
        capture=str(image.meta.get("capture", "portable")),
        pause_seconds=image.stats[3] / 1e9,
        wall_seconds=image.stats[4] / 1e9,
        objects=image.stats[0],
        nodes=image.node_count,
        edges=image.edge_count,
        heap_bytes=image.stats[1],
        coverage=None if coverage is None else round(coverage, 4),
    )


def _process_facts(image: HeapImage) -> ProcessFacts:
    meta = image.meta
    return ProcessFacts(
        pid=int(meta.get("pid", 0)),
        host=str(meta.get("host", "")),
        python=str(meta.get("python", "")),
        uptime_seconds=float(meta.get("uptime_seconds", 0.0)),
        rss_bytes=int(meta.get("rss_bytes", 0)),
    )
