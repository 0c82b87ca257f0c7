"""Rows of the page's tables, sorted and judged: what a template only writes down."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from leakguard.page import figures
from leakguard.process.terms import TERM_NAMES
from leakguard.report import units

if TYPE_CHECKING:
    from leakguard.page.catalogue import Words
    from leakguard.page.facts import Facts
    from leakguard.report.model import TermFigures
    from leakguard.report.routes import Row
    from leakguard.report.workers import SharedSuspect, WorkerRow

WARM, HOT = 0.6, 0.85
"""Parts of the memory limit from which on a worker's state is another one."""
_SURE = 0.95
_MOST_ROUTES = 50


class TermRow(NamedTuple):
    """A term of the resident memory: bytes, share of all, and its move where it grows."""

    name: str
    bytes: int
    share: float
    move: TermFigures | None


class Tables:
    """What the templates ask for."""

    def __init__(self, facts: Facts, words: Words) -> None:
        self._facts = facts
        self._words = words
        self._moves = {move.name: move for move in facts.trends if move.growing}

    def rss(self) -> TermRow | None:
        """The resident memory as a whole, None where nobody could tell."""
        return self._term("rss")

    def terms(self) -> list[TermRow]:
        """What it consists of; empty where nobody could tell."""
        found = [self._term(name) for name in TERM_NAMES]
        return [row for row in found if row is not None and row.bytes]

    def parts(self) -> list[tuple[str, float]]:
        """The terms' shares of the whole."""
        return [(row.name, row.share) for row in self.terms()]

    def _term(self, name: str) -> TermRow | None:
        terms = self._facts.terms or {}
        rss, size = terms.get("rss"), terms.get(name)
        if not rss or size is None:
            return None
        return TermRow(name, size, size / rss, self._moves.get(name))

    def limit_share(self) -> float | None:
        """How much of the memory limit this process takes, None without a limit."""
        rss, limit = (self._facts.terms or {}).get("rss"), self._facts.memory_limit
        return rss / limit if rss and limit else None

    def state(self, row: WorkerRow) -> str:
        """The state as the style sheet knows it: "calm", "warm" and "hot" by the memory limit,
        "unknown" without one; "silent", "left", "died"."""
        if row.ended_seconds is not None:
            return "left" if row.left else "died"
        if row.error:
            return "silent"
        share = self.worker_share(row)
        if share is None:
            return "unknown"
        return "hot" if share >= HOT else "warm" if share >= WARM else "calm"

    def state_words(self, row: WorkerRow) -> Markup:
        """The same for reading."""
        state = self.state(row)
        if state in ("left", "died"):
            return self._words(f"workers.{state}", ago=units.duration(row.ended_seconds or 0.0))
        return self._words(f"workers.{state}")

    def shared(self) -> list[SharedSuspect]:
        """The suspects that several workers have."""
        workers = self._facts.workers
        return [one for one in workers.suspects if len(one.pids) > 1] if workers else []

    def worker_share(self, row: WorkerRow) -> float | None:
        """How much of the memory limit a worker takes, None where that is not known."""
        limit = self._facts.memory_limit
        return row.rss_bytes / limit if row.rss_bytes and limit else None

    def routes(self) -> list[Row]:
        """The routes, what grows fastest first, then what holds most."""
        rows = [row for row in self._facts.routes if row.requests or row.in_flight or _live(row)]
        rows.sort(key=lambda row: (-self.pace(row), -_live(row), -row.requests, row.route))
        return rows[:_MOST_ROUTES]

    def pace(self, row: Row) -> float:
        """Bytes a minute that a route gains; 0 where it is not certain that it does."""
        memory = row.memory
        if memory is None or memory.growth_bytes_per_minute is None:
            return 0.0
        certain = memory.suspects or (memory.confidence or 0.0) >= _SURE
        return max(0.0, memory.growth_bytes_per_minute) if certain else 0.0

    def trend(self, row: Row) -> Markup:
        """A route's live bytes over time as a line: from nothing, when the process was first looked
        at, until now."""
        known = (self._facts.route_history or {}).get(row.route, ())
        points = [(at, size) for at, size in known]
        if row.memory is not None:
            began = [(point.at, 0) for point in self._facts.history[:1]]
            now = (self._facts.now, row.memory.live_bytes)
            points = [*(one for one in began if not points or one[0] < points[0][0]), *points]
            points += [now] if points and points[-1][0] < now[0] else []
        return self._line(points)

    def resident(self, row: WorkerRow) -> Markup:
        """A worker's resident memory over time, as a line."""
        return self._line([(-ago, size) for ago, size in row.rss_points], from_zero=False)

    def _line(self, points: list[tuple[float, int]], *, from_zero: bool = True) -> Markup:
        if len(points) < 2:
            return Markup("–")
        label = self._words(
            "trend.told",
            before=units.size(points[0][1]),
            after=units.size(points[-1][1]),
            duration=units.duration(points[-1][0] - points[0][0]),
        )
        return figures.spark(points, label, from_zero=from_zero)


def _live(row: Row) -> int:
    return row.memory.live_bytes if row.memory is not None else 0
