"""What a report is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.findings import Findings


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


@dataclass(frozen=True, slots=True)
class Report:
    """The findings of one snapshot beside the routes' figures at the moment of the answer."""

    findings: Findings
    routes: Sequence[RouteFigures] = ()
    age_seconds: float = 0.0
    """How long ago the snapshot was taken; 0 when it was taken for this answer."""
    app: str = ""
    """What the application is called; the host's name stands in for it when empty."""
