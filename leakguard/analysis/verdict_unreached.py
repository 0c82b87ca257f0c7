"""The sentences on what a route leaves behind and no Python object owns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from leakguard.analysis.verdict_memory import Told
from leakguard.analysis.verdict_routes import name_of, places_words
from leakguard.analysis.verdict_terms import C_TERMS, PYTHON
from leakguard.analysis.verdict_units import byte_words, request_words, sure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.evidence import Evidence
    from leakguard.analysis.growth_compare import Growth
    from leakguard.analysis.route_findings import RouteMemory, Unreached
    from leakguard.analysis.verdict_terms import TermsSeen

ADVICE = (
    "Look at what this line calls: an extension that forgets to give back a reference\n"
    "(Py_DECREF) or a block (PyMem_Free) wants an update; strings that are interned\n"
    "(sys.intern) are kept for ever by CPython 3.12."
)
# A term that grows more than so many times as fast is another story, and the one to tell.
_MUCH_FASTER = 2


class Accused(NamedTuple):
    """What is told, how sure it is, and the term of resident memory that grows by it."""

    told: Told
    confidence: float
    term: str | None


def worst_unreached(
    routes: Sequence[RouteMemory],
    growth: Growth,
    evidence: Evidence | None,
    terms: TermsSeen,
) -> Accused | None:
    """The route that leaves most behind in this way, None where nothing gathers or something else
    grows much faster."""
    gone = [(one.unreached, one.route) for one in routes if one.unreached is not None]
    if not gone or growth.seconds <= 0:
        return None
    worst, route = max(gone, key=lambda one: one[0].bytes)
    grown = terms.growing(*C_TERMS, PYTHON)
    pace = 60 * worst.bytes / growth.seconds
    if grown is not None and grown.bytes_per_minute > _MUCH_FASTER * pace:
        return None
    requests = {} if evidence is None else evidence.routes_since(growth.start)
    told = Told(_text(route, worst, requests.get(route, 0), pace), ADVICE)
    return Accused(told, round(worst.confidence, 2), None if grown is None else grown.name)


def _text(route: str, left: Unreached, requests: int, pace: float) -> str:
    each = (
        f" about {byte_words(left.bytes_per_request)} a request" if left.bytes_per_request else ""
    )
    seen = f"{request_words(requests)}, " if requests else ""
    return (
        f"{name_of(route)} leaks{each} ({sure(left.confidence)}): memory of Python's allocators "
        f"that nothing in Python refers to{places_words(left.lines)}. {seen}"
        f"{byte_words(left.bytes)} so far, {byte_words(pace)}/min."
    )
