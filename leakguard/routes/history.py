"""What each route held at earlier times, a few points however long: enough to tell its growth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_POINTS = 32

_CONFIDENCE_95 = 1.96


class Held(NamedTuple):
    """Live bytes as estimated from samples."""

    bytes: float
    variance: float


class Growth(NamedTuple):
    """How fast something grows; 95 of 100 times the truth is between `low` and `high`."""

    bytes_per_minute: float
    low: float
    high: float
    seconds: float
    """The time over which it was seen."""

    @property
    def confidence(self) -> float:
        """How sure it is that it grows at all, 0 to 1."""
        deviation = (self.high - self.low) / (2 * _CONFIDENCE_95)
        if deviation <= 0:
            return 1.0 if self.bytes_per_minute > 0 else 0.0
        return 0.5 * (1.0 + math.erf(self.bytes_per_minute / deviation / math.sqrt(2.0)))


class Point(NamedTuple):
    """What every route held at one time."""

    time: float
    """Seconds, of any clock that does not go back."""
    held: Mapping[int, Held]


class History:
    """At most `MAX_POINTS` points. When it is full every other one goes: the intervals double."""

    def __init__(self) -> None:
        self._points: list[Point] = []
        self._skip = 0
        self._every = 1

    def add(self, point: Point) -> None:
        """Remembers a point that is later than all others, or passes over it to save room."""
        if self._skip > 0:
            self._skip -= 1
            return
        if len(self._points) >= MAX_POINTS:
            del self._points[1::2]
            self._every *= 2
        self._points.append(point)
        self._skip = self._every - 1

    def points(self) -> tuple[Point, ...]:
        """Those that are kept, oldest first."""
        return tuple(self._points)

    def clear(self) -> None:
        """Forgets everything: estimates after a restart cannot be compared with those before."""
        self._points.clear()
        self._skip = 0
        self._every = 1

    def baseline(self, now: float) -> Point | None:
        """The point from which growth until `now` is told: what came before it was start-up."""
        earlier = [point for point in self._points if point.time < now]
        if not earlier:
            return None
        middle = (earlier[0].time + now) / 2
        return min(earlier, key=lambda point: abs(point.time - middle))

    def growth(self, route: int, now: float, held: Held, unchanged: float) -> Growth | None:
        """How fast `route` grows, which holds `held` now.

        `unchanged` is the part of its variance that comes from what the baseline held already: the
        same samples stand for it then and now, so their error is not in the difference.
        """
        base = self.baseline(now)
        if base is None:
            return None
        before = base.held.get(route, Held(0.0, 0.0))
        minutes = (now - base.time) / 60
        rate = (held.bytes - before.bytes) / minutes
        gone = max(0.0, before.variance - unchanged)
        come = max(0.0, held.variance - unchanged)
        sampling = math.sqrt(gone + come) / minutes
        margin = _CONFIDENCE_95 * max(sampling, self._scatter(route, base, now, held.bytes))
        return Growth(rate, rate - margin, rate + margin, now - base.time)

    def _scatter(self, route: int, base: Point, now: float, held: float) -> float:
        """The standard error of a straight line through the points, in bytes per minute: what goes
        up and down by itself is not certain to grow."""
        points = [point for point in self._points if base.time <= point.time < now]
        x = [point.time / 60 for point in points] + [now / 60]
        y = [point.held.get(route, Held(0.0, 0.0)).bytes for point in points] + [held]
        count = len(x)
        if count < 3:
            return 0.0
        x_mean, y_mean = sum(x) / count, sum(y) / count
        spread = sum((value - x_mean) ** 2 for value in x)
        slope = sum((a - x_mean) * (b - y_mean) for a, b in zip(x, y, strict=True)) / spread
        left = sum((b - y_mean - slope * (a - x_mean)) ** 2 for a, b in zip(x, y, strict=True))
        return math.sqrt(left / (count - 2) / spread)
