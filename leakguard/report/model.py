"""What a report is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leakguard.analysis.findings import Findings


class LineFigures(Protocol):
    """A line that allocated memory which is still alive."""

    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def function(self) -> str: ...
    @property
    def strong_bytes(self) -> float: ...
    @property
    def weak_bytes(self) -> float: ...


class GrowthFigures(Protocol):
    """How fast live memory grows."""

    @property
    def bytes_per_minute(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def confidence(self) -> float: ...


class MemoryFigures(Protocol):
    """What a route's requests have allocated and is still alive, as estimated from samples."""

    @property
    def live_bytes(self) -> float: ...
    @property
    def weak_bytes(self) -> float: ...
    @property
    def minute_bytes(self) -> float: ...
    @property
    def ten_minutes_bytes(self) -> float: ...
    @property
    def many_requests_bytes(self) -> float: ...
    @property
    def bytes_per_request(self) -> float: ...
    @property
    def growth(self) -> GrowthFigures | None: ...
    @property
    def lines(self) -> Sequence[LineFigures]: ...


class RouteFigures(Protocol):
    """The figures of one route since the process started to count."""

    @property
    def route(self) -> str:
        """Method and template, for example ``GET /items/{id}``."""
        ...

    @property
    def requests(self) -> int:
        """Requests that have ended."""
        ...

    @property
    def errors(self) -> int:
        """Those of them that raised or were answered with a 5xx status."""
        ...

    @property
    def in_flight(self) -> int:
        """Requests that are being served now."""
        ...

    @property
    def mean_seconds(self) -> float:
        """Mean duration of a request."""
        ...

    @property
    def memory(self) -> MemoryFigures | None:
        """None while allocations are not sampled."""
        ...


class TermFigures(Protocol):
    """How one term of the resident memory moves."""

    @property
    def name(self) -> str: ...
    @property
    def bytes(self) -> int: ...
    @property
    def change_bytes(self) -> float: ...
    @property
    def minutes(self) -> float: ...
    @property
    def bytes_per_minute(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def confidence(self) -> float: ...
    @property
    def growing(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Report:
    """The findings of one snapshot beside the routes' figures at the moment of the answer."""

    findings: Findings
    routes: Sequence[RouteFigures] = ()
    age_seconds: float = 0.0
    """How long ago the snapshot was taken; 0 when it was taken for this answer."""
    app: str = ""
    """What the application is called; the host's name stands in for it when empty."""
    terms: Mapping[str, int | None] | None = None
    """What the resident memory consists of, in bytes; a term that nobody could tell is None."""
    trends: Sequence[TermFigures] = ()
    """How these terms, and the resident memory as a whole ("rss"), have moved."""
