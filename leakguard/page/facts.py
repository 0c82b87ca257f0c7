"""What one page is made of: plain values, gathered before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leakguard.page.static import Bundle
    from leakguard.report.model import Report, TermFigures
    from leakguard.report.routes import Row
    from leakguard.report.workers import Workers


Fresh = Literal["new", "kept"]


@dataclass(frozen=True, slots=True)
class Point:
    """The resident memory and its terms at one time (seconds since the epoch), in bytes."""

    at: float
    rss: int | None
    terms: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One of the snapshots that are kept, for comparing; `requests` had ended."""

    id: int
    created: float
    requests: int


@dataclass(frozen=True, slots=True)
class Compared:
    """What grew between two snapshots, the most first: bytes of the heap `before` and `after`,
    `seconds` between them; of each holder and each type its name, bytes and objects gained. `ids`
    are those of the two."""

    before: int
    after: int
    seconds: float
    holders: Sequence[tuple[str, int, int]]
    types: Sequence[tuple[str, int, int]]
    ids: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """`report` is of the newest findings, None while there are none; `fresh` if a snapshot was
    asked for with this page: "new", or "kept" where the last one is still good. `routes`, `terms`
    and `trends` are those of this moment. `base` leads from the page to what is below the endpoint,
    `query` holds the page's own parameters. `served` is False for
    the page of a saved image."""

    bundle: Bundle
    language: str
    base: str
    query: Mapping[str, str]
    now: float
    app: str = ""
    report: Report | None = None
    fresh: Fresh | None = None
    routes: Sequence[Row] = ()
    terms: Mapping[str, int | None] | None = None
    trends: Sequence[TermFigures] = ()
    workers: Workers | None = None
    memory_limit: int | None = None
    history: Sequence[Point] = ()
    route_history: Mapping[str, Sequence[tuple[float, int]]] | None = None
    pauses: Sequence[tuple[float, float]] = ()
    """Pause and wall seconds of the last snapshots, oldest first."""
    snapshots: Sequence[Snapshot] = ()
    difference: Compared | None = None
    suspects: int = 0
    """How many there are beside those that are shown."""
    pid: int = 0
    served: bool = True
