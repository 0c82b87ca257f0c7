"""The answer first: what leaks or which term of memory grows, how fast, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis import verdict_memory as memory
from leakguard.analysis.diagnosis import FIXES
from leakguard.analysis.findings import MAPPING, Verdict
from leakguard.analysis.verdict_calm import of_calm
from leakguard.analysis.verdict_case import Case
from leakguard.analysis.verdict_earlier import WAIT, believed, instead, too
from leakguard.analysis.verdict_grown import of_grown
from leakguard.analysis.verdict_suspects import accuse, has_grown, others, pace, sure_by_size
from leakguard.analysis.verdict_terms import C_TERMS, PYTHON
from leakguard.analysis.verdict_units import MOST_SURE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.earlier import Earlier, EarlierGrowth
    from leakguard.analysis.evidence import Evidence
    from leakguard.analysis.findings import SnapshotFacts, Suspect
    from leakguard.analysis.growth_compare import Growth
    from leakguard.analysis.route_findings import RouteMemory

# A suspect that is only large explains a term's growth up to what it retains.
_EXPLAINS = 0.8


def verdict(
    suspects: Sequence[Suspect],
    snapshot: SnapshotFacts,
    *,
    linked: bool,
    confidence: float,
    growth: Growth | None = None,
    evidence: Evidence | None = None,
    earlier: Earlier | None = None,
    routes: Sequence[RouteMemory] = (),
    garbage_bytes: int = 0,
) -> Verdict:
    """The verdict on the first suspect, else on the term of memory that grows, else that there is
    none of both.

    `linked` says whether the first suspect is a linked chain, `confidence` is its diagnosis's.
    `growth` is the comparison with earlier images, `evidence` what the server knows beside them,
    `earlier` what grew in the workers before this one: the answer of one that cannot tell yet;
    `routes` are empty where allocations are not sampled, `garbage_bytes` is what no root reaches.
    """
    case = Case(snapshot, growth, evidence, earlier, routes)
    before = believed(earlier)
    if before is not None and not case.ready and not any(has_grown(one) for one in suspects):
        return _of_earlier_workers(before)
    if suspects and not _are_beside_the_point(case, suspects):
        return _leak(case, suspects, linked, confidence)
    grown = of_grown(case, garbage_bytes)
    if grown is not None:
        return grown
    return _leak(case, suspects, linked, confidence) if suspects else of_calm(case)


def _are_beside_the_point(case: Case, suspects: Sequence[Suspect]) -> bool:
    """Whether a term gained more than all suspects retain, none of which was seen to grow."""
    worst = case.terms.growing(*C_TERMS, PYTHON)
    if worst is None or any(has_grown(suspect) for suspect in suspects):
        return False
    retained = sum(suspect.retained_bytes for suspect in suspects)
    return worst.change_bytes * _EXPLAINS > retained


def _leak(case: Case, suspects: Sequence[Suspect], linked: bool, confidence: float) -> Verdict:
    first = suspects[0]
    if first.confidence is not None and has_grown(first):
        sure = first.confidence
    else:
        sure = sure_by_size(confidence, watched=case.evidence is not None)
    sure = round(min(sure, MOST_SURE), 2)
    speed = pace(first, case.growth)
    text = accuse(first, linked, sure, speed, proved=case.growth is None or case.ready)
    beside = case.terms.faster_than(speed)
    maps = first.object_type == MAPPING
    if maps and beside is not None and beside.name == "mappings":
        beside = None
    if beside is not None:
        text += f" {memory.beside(beside)}"
    text += too(case.earlier, first) + others(suspects[1:])
    term = None
    if has_grown(first) or case.terms.growing(PYTHON):
        term = PYTHON if first.kind != "native" or beside is None else beside.name
        term = "mappings" if maps else term
    return Verdict(
        kind=first.kind,
        text=text,
        confidence=sure,
        term=term,
        advice=first.fix,
        doubt=case.doubt(sure, suspects, beside),
    )


def _of_earlier_workers(grown: EarlierGrowth) -> Verdict:
    """The verdict of a process that has too few images, by what grew in those before it."""
    advice = FIXES.get(grown.kind, FIXES["other"])
    return Verdict(
        grown.kind, instead(grown), round(grown.confidence, 2), advice=advice, doubt=WAIT
    )
