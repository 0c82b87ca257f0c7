"""The verdict where memory grows and no suspect explains it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from leakguard.analysis import verdict_memory as memory
from leakguard.analysis.findings import Verdict
from leakguard.analysis.verdict_case import SURE_OF_WARM_UP
from leakguard.analysis.verdict_terms import C_TERMS, PYTHON
from leakguard.analysis.verdict_units import MOST_SURE
from leakguard.analysis.verdict_unreached import worst_unreached

if TYPE_CHECKING:
    from leakguard.analysis.evidence import TermMove
    from leakguard.analysis.verdict_case import Case

_SURE_OF_GARBAGE = 0.9
# Before there are enough snapshots to know that no Python holder grows.
_SURE_UNSEARCHED = 0.75
# Of the growth of a term this part must be that of the pictured objects to be theirs.
_PART_OF_TERM = 0.5
# With collections on, a quarter of the heap may wait for the next full one.
_LEAST_GARBAGE, _PART_OF_WAITING = 1 << 20, 0.3


def of_grown(case: Case, garbage_bytes: int) -> Verdict | None:
    """The verdict on what grows though no suspect holds it, None where nothing does: garbage, what
    no object owns, or a term of resident memory."""
    return _garbage(case, garbage_bytes) or _unreached(case) or _term(case)


def _garbage(case: Case, garbage_bytes: int) -> Verdict | None:
    """The verdict where garbage gathers that no collection takes; some always waits for one."""
    if case.growth is None or not case.growth.garbage_grows:
        return None
    collects = case.evidence.collects if case.evidence is not None else None
    part = _PART_OF_WAITING if collects is not False else 0.0
    if garbage_bytes < max(_LEAST_GARBAGE, part * case.snapshot.heap_bytes):
        return None
    told = memory.garbage(garbage_bytes, _SURE_OF_GARBAGE)
    doubt = case.doubt(_SURE_OF_GARBAGE)
    return Verdict("other", told.text, _SURE_OF_GARBAGE, PYTHON, told.advice, doubt)


def _unreached(case: Case) -> Verdict | None:
    """The verdict on what a route leaves behind and no Python object owns."""
    if case.growth is None or not case.ready:
        return None
    found = worst_unreached(case.routes, case.growth, case.evidence, case.terms)
    if found is None:
        return None
    doubt = case.doubt(found.confidence)
    return Verdict(
        "native", found.told.text, found.confidence, found.term, found.told.advice, doubt
    )


def _term(case: Case) -> Verdict | None:
    """The verdict on a term that grows and that no suspect explains, None where none does."""
    free = case.terms.fragmenting()
    if free is not None:
        return case.of_term("fragmentation", free, memory.fragmentation)
    grown = case.terms.growing(*C_TERMS, PYTHON)
    if grown is None:
        rss = case.terms.growing("rss")
        if rss is None:
            return None
        if case.terms.settling() is not None:
            told = memory.settling(rss, case.terms.newly_free())
            return Verdict(
                "warm-up", told.text, SURE_OF_WARM_UP, "rss", told.advice, memory.ASK_LATER
            )
        if case.ready:
            return case.of_term("unknown", rss, memory.unexplained)
        return case.of_term("warm-up", rss, memory.too_early)
    if grown.name == PYTHON:
        return _python_grows(case, grown)
    python = _python_pace(case)
    if python is not None and python >= _PART_OF_TERM * grown.bytes_per_minute:
        return case.of_term("unknown", grown, partial(memory.large_objects, python=python))
    # What is larger than all of Python's objects needs no search among them.
    searched = case.ready or grown.change_bytes > case.snapshot.heap_bytes
    return case.of_term(
        "native",
        grown,
        partial(memory.native, c_heap_known=case.terms.c_heap_known, searched=searched),
        MOST_SURE if searched else _SURE_UNSEARCHED,
    )


def _python_grows(case: Case, grown: TermMove) -> Verdict:
    """Python's objects grow as a whole, and no holder was seen to."""
    warming = case.warming_holder()
    if warming is not None:
        return Verdict("warm-up", warming, SURE_OF_WARM_UP, PYTHON, doubt=memory.ASK_LATER)
    if case.ready:
        return case.of_term("unknown", grown, memory.no_holder)
    return case.of_term("warm-up", grown, memory.too_early)


def _python_pace(case: Case) -> float | None:
    """Bytes a minute that all Python objects gain by the images, None with too few of them."""
    growth = case.growth
    if growth is None or not growth.ready or growth.seconds <= 0:
        return None
    return 60 * growth.growth_bytes / growth.seconds
