"""The live memory of each route: how much, how old, how fast it grows, which lines made it."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leakguard.analysis.telling_line import is_our_own, telling_line
from leakguard.routes import sampling
from leakguard.routes._flight import NO_REQUEST
from leakguard.routes.history import Growth, Held, History, Point

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leakguard.routes.sampling import Line, Sample

MAX_LINES = 5
MANY_REQUESTS = 1000

_WEAK = 2
_CONFIDENCE_95 = 1.96


@dataclass(frozen=True, slots=True)
class AllocationLine:
    """A line that allocated memory of a route which is still alive."""

    file: str
    line: int
    function: str
    """Its qualified name."""
    application: bool
    """Whether it is the application's own; a line of a library is given where none of it was
    among the innermost frames."""
    strong_bytes: float
    weak_bytes: float


@dataclass(frozen=True, slots=True)
class RouteMemory:
    """What the requests of a route, or the work of a track, have allocated and is still alive.

    All bytes are estimates from samples of Python's own allocators. Strong bytes certainly belong
    to the route; weak ones are of types that the interpreter recycles by itself, and may have been
    handed on by another route.
    """

    route: str
    requests: int
    """Requests that have ended, or times that a track was entered; 0 for "(no request)"."""
    strong_bytes: float
    weak_bytes: float
    margin_bytes: float
    """95 of 100 times the truth is not further away from `live_bytes`."""
    minute_bytes: float
    """The part of `live_bytes` that is older than a minute,"""
    ten_minutes_bytes: float
    """than ten minutes,"""
    many_requests_bytes: float
    """than a thousand requests."""
    growth: Growth | None
    """Growth of the strong bytes; None: there is not enough history."""
    lines: tuple[AllocationLine, ...]
    """The lines that made most of it, the application's first."""

    @property
    def live_bytes(self) -> float:
        return self.strong_bytes + self.weak_bytes

    @property
    def bytes_per_request(self) -> float:
        """Live bytes that a request has left behind; 0 where there are no requests."""
        return self.live_bytes / self.requests if self.requests else 0.0


class MemoryBook:
    """Sums samples by route, and remembers the sums of earlier times."""

    def __init__(self) -> None:
        self._strong = History()
        self._all = History()

    def observe(self, now: float) -> None:
        """Takes a point of the history, if allocations are sampled; about a millisecond."""
        if not sampling.maintain():
            self.forget()
        totals = sampling.totals()
        if not totals:
            return
        strong, both = {}, {}
        for route, (strong_bytes, weak_bytes, variance) in totals.items():
            live = strong_bytes + weak_bytes
            strong[route] = Held(strong_bytes, variance * strong_bytes / live)
            both[route] = Held(live, variance)
        self._strong.add(Point(now, strong))
        self._all.add(Point(now, both))

    def forget(self) -> None:
        """Forgets the history: the samples it was made of are gone."""
        self._strong.clear()
        self._all.clear()

    def past(self) -> list[tuple[float, dict[int, int]]]:
        """Live bytes, strong and weak, of each route by its number at the times remembered."""
        return [
            (point.time, {route: round(held.bytes) for route, held in point.held.items()})
            for point in self._all.points()
        ]

    def read(self, now: float, routes: Mapping[int, tuple[str, int]]) -> list[RouteMemory]:
        """The memory of `routes`, by number their name and requests; the largest first."""
        if not sampling.maintain():
            self.forget()
        by_route: dict[int, list[Sample]] = defaultdict(list)
        for sample in sampling.samples():
            by_route[sample.route if sample.route in routes else NO_REQUEST].append(sample)
        stacks: dict[tuple[int, int], tuple[Line, bool] | None] = {}
        found = [
            self._memory(number, name, requests, by_route[number], now, stacks)
            for number, (name, requests) in routes.items()
        ]
        return sorted(found, key=lambda memory: (-memory.live_bytes, memory.route))

    def _memory(
        self,
        number: int,
        name: str,
        requests: int,
        samples: list[Sample],
        now: float,
        stacks: dict[tuple[int, int], tuple[Line, bool] | None],
    ) -> RouteMemory:
        strong = [sample for sample in samples if sample.kind != _WEAK]
        return RouteMemory(
            route=name,
            requests=requests,
            strong_bytes=_bytes(strong),
            weak_bytes=_bytes(samples) - _bytes(strong),
            margin_bytes=_CONFIDENCE_95 * math.sqrt(_variance(samples)),
            minute_bytes=_bytes([sample for sample in samples if sample.age > 60]),
            ten_minutes_bytes=_bytes([sample for sample in samples if sample.age > 600]),
            many_requests_bytes=_bytes([s for s in samples if s.requests > MANY_REQUESTS]),
            growth=_growth(self._strong, number, now, strong),
            lines=_lines(samples, stacks),
        )


def _growth(history: History, route: int, now: float, samples: list[Sample]) -> Growth | None:
    base = history.baseline(now)
    if base is None:
        return None
    older = _variance([sample for sample in samples if sample.age > now - base.time])
    return history.growth(route, now, Held(_bytes(samples), _variance(samples)), older)


def _bytes(samples: list[Sample]) -> float:
    return sum((sample.weight for sample in samples), 0.0)


def _variance(samples: list[Sample]) -> float:
    return sum((sample.weight * (sample.weight - sample.size) for sample in samples), 0.0)


def _lines(
    samples: list[Sample], stacks: dict[tuple[int, int], tuple[Line, bool] | None]
) -> tuple[AllocationLine, ...]:
    sums: dict[tuple[Line, bool], list[float]] = {}
    for sample in samples:
        key = (sample.site, sample.serial)
        if key not in stacks:
            lines = sampling.stack(*key)
            stacks[key] = None if is_our_own(lines) else telling_line(lines)
        line = stacks[key]
        if line is not None:
            sums.setdefault(line, [0.0, 0.0])[sample.kind == _WEAK] += sample.weight
    rows = [
        AllocationLine(*line, application, strong, weak)
        for (line, application), (strong, weak) in sums.items()
    ]
    rows.sort(key=lambda row: (not row.application, -row.strong_bytes - row.weak_bytes))
    return tuple(rows[:MAX_LINES])
