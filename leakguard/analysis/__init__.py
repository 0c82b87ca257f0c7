"""From a heap image to findings: dominators, suspects, chains, a diagnosis and the verdict.

Works on an image alone, in whatever process; it never touches a live heap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis.findings import Findings, ProcessFacts, SnapshotFacts
from leakguard.analysis.heap import Heap
from leakguard.analysis.suspects import find_suspects
from leakguard.analysis.typetable import type_rows
from leakguard.analysis.verdict import verdict

if TYPE_CHECKING:
    from leakguard.image import HeapImage

__all__ = ["Findings", "analyse"]


def analyse(image: HeapImage, *, top: int = 5) -> Findings:
    """What an image tells: the verdict, at most `top` suspects, and the types that take most.

    Takes about 60 bytes of memory an object on top of the image while it runs.
    Raises MemoryError where they are not to be had.
    """
    heap = Heap(image)
    judged = find_suspects(heap, top)
    suspects = tuple(judgement.suspect for judgement in judged)
    snapshot = _snapshot_facts(image)
    return Findings(
        process=_process_facts(image),
        snapshot=snapshot,
        verdict=verdict(
            suspects,
            snapshot,
            linked=bool(judged) and judged[0].linked,
            confidence=judged[0].confidence if judged else 0.0,
        ),
        suspects=suspects,
        types=type_rows(heap),
        notes=tuple(str(note) for note in image.meta.get("notes", ())),
    )


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
