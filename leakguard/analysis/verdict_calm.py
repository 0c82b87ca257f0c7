"""The verdict where neither a suspect nor a term of memory grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis import verdict_memory as memory
from leakguard.analysis.findings import Verdict
from leakguard.analysis.verdict_case import SURE_OF_WARM_UP
from leakguard.analysis.verdict_doubt import ENOUGH_COVERAGE
from leakguard.analysis.verdict_units import byte_words

if TYPE_CHECKING:
    from leakguard.analysis.evidence import TermMove
    from leakguard.analysis.verdict_case import Case

_SURE_OF_NOTHING = 0.8
_SURE_OF_LITTLE = 0.6
_SURE_BY_ALL = 0.95
_MANY_REQUESTS = 5000
_MOST = 0.5


def of_calm(case: Case) -> Verdict:
    """The verdict where neither a suspect nor a term grows."""
    snapshot, size = case.snapshot, byte_words(case.snapshot.heap_bytes)
    if snapshot.nodes == 0:
        text = "The image holds no objects: nothing can be said about it."
        return Verdict("unknown", text, 0.0, doubt=memory.ASK_LATER)
    if snapshot.coverage is not None and snapshot.coverage < ENOUGH_COVERAGE:
        sure = round(_SURE_OF_NOTHING * snapshot.coverage, 2)
        text = memory.little_seen(size, snapshot.coverage)
        return Verdict("unknown", text, sure, doubt=case.doubt(sure))
    kept = case.terms.kept_free()
    if kept is not None:
        told = memory.kept_free(kept)
        sure = _SURE_OF_NOTHING
        return Verdict(
            "fragmentation", told.text, sure, kept.largest, told.advice, case.doubt(sure)
        )
    slowing = case.terms.slowing()
    warming = case.warming_holder(slowing) or (slowing and _slowing(case, slowing))
    if warming:
        term = None if slowing is None else slowing.name
        return Verdict("warm-up", warming, SURE_OF_WARM_UP, term, doubt=memory.ASK_LATER)
    sure = _SURE_OF_NOTHING
    untold = snapshot.coverage is None or (case.terms.known and not case.terms.c_heap_known)
    if untold or (case.evidence is not None and not case.ready):
        sure = _SURE_OF_LITTLE
    elif case.ready and case.terms.known and _has_seen_much(case):
        sure = _SURE_BY_ALL
    text = memory.nothing(size, case.growth if case.ready else None)
    return Verdict("none", text, sure, doubt=case.doubt(sure))


def _slowing(case: Case, rss: TermMove) -> str:
    free = case.terms.newly_free()
    if free >= _MOST * rss.change_bytes:
        return memory.settling(rss, free).text
    return memory.slowing(rss)


def _has_seen_much(case: Case) -> bool:
    """Whether a slow leak, in C above all, would have shown by now."""
    return case.growth is not None and (case.growth.requests or 0) >= _MANY_REQUESTS
