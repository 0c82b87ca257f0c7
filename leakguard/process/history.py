"""The terms over time: a bounded series, a trend for each, and the one that grows."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leakguard.process.terms import TERM_NAMES, TermName, Terms
from leakguard.process.trend import LEAST_POINTS, Trend, trend

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST = 240
# A growing term must have gained at least this much, and this part of the resident memory.
_LEAST_GAIN = 1 << 20
_LEAST_PART = 0.01
# What has slowed down to less than this part of its first pace is about to stop.
_STILL_GROWING = 0.35


@dataclass(frozen=True, slots=True)
class TermTrend:
    """How one term moves; `still` is False where its growth has died down (a warm-up)."""

    name: TermName | str
    trend: Trend
    still: bool


class History:
    """A bounded series of Terms, from any thread: recent ones all, older ones thinned out."""

    def __init__(self, most: int = _MOST) -> None:
        """Keep at most `most` points (8 or more)."""
        self._most = max(8, most)
        self._points: list[Terms] = []
        self._lock = threading.Lock()

    def add(self, point: Terms) -> None:
        """Add the newest point; one that is older than the last is left out."""
        with self._lock:
            if self._points and point.at <= self._points[-1].at:
                return
            self._points.append(point)
            if len(self._points) > self._most:
                half = len(self._points) // 2
                # The first point stays: it is what "since the start" means.
                self._points = self._points[:half:2] + self._points[half:]

    def points(self) -> tuple[Terms, ...]:
        """The points that are kept, oldest first."""
        with self._lock:
            return tuple(self._points)

    def trends(self, since: float | None = None) -> dict[TermName, TermTrend]:
        """The trend of each term that is known in enough points; `since` is a point's `at`.

        Points that know the heap (`Terms.with_heap`) split Python from C differently: as soon as
        there are enough of them for a trend only they are used, and none of them before.
        """
        points = self._comparable(since)
        found: dict[TermName, TermTrend] = {}
        for name in TERM_NAMES:
            made = _trend_of(name, [(p.at, p.term(name)) for p in points])
            if made is not None:
                found[name] = made
        return found

    def rss(self, since: float | None = None) -> TermTrend | None:
        """The trend of the resident memory as a whole."""
        points = self._since(since)
        return _trend_of("rss", [(p.at, p.rss) for p in points])

    def growing(self, since: float | None = None) -> TermTrend | None:
        """The term that grows fastest and still does, None where none grows beyond doubt."""
        points = self._since(since)
        rss = next((p.rss for p in reversed(points) if p.rss), 0)
        least = max(_LEAST_GAIN, _LEAST_PART * rss)
        rising = [
            found
            for found in self.trends(since).values()
            if found.trend.rising and found.still and found.trend.change >= least
        ]
        return max(rising, key=lambda found: found.trend.slope, default=None)

    def _since(self, since: float | None) -> Sequence[Terms]:
        return [p for p in self.points() if since is None or p.at >= since]

    def _comparable(self, since: float | None) -> Sequence[Terms]:
        points = self._since(since)
        pictured = [p for p in points if p.heap_bytes is not None]
        if len(pictured) >= LEAST_POINTS:
            return pictured
        return [p for p in points if p.heap_bytes is None]


def _trend_of(name: TermName | str, series: list[tuple[float, int | None]]) -> TermTrend | None:
    known = [(at, float(value)) for at, value in series if value is not None]
    times, values = [at for at, _ in known], [value for _, value in known]
    made = trend(times, values)
    return None if made is None else TermTrend(name, made, _still(times, values))


def _still(times: list[float], values: list[float]) -> bool:
    """Whether the later half moves at a pace like the earlier one's."""
    middle = len(times) // 2
    early = _pace(times[: middle + 1], values[: middle + 1])
    late = _pace(times[middle:], values[middle:])
    return late > 0 and late >= _STILL_GROWING * early


def _pace(times: list[float], values: list[float]) -> float:
    passed = times[-1] - times[0]
    return (values[-1] - values[0]) / passed if passed > 0 else 0.0
