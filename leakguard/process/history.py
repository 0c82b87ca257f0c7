"""The terms over time: a bounded series, a trend for each, and the one that grows."""

from __future__ import annotations

import statistics
import threading
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from leakguard.process.split import comparable
from leakguard.process.terms import TERM_NAMES, TermName, Terms
from leakguard.process.trend import Trend, trend

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST = 240
# A growing term must have gained at least this much, and this part of the resident memory.
_LEAST_GAIN = 1 << 20
_LEAST_PART = 0.01
# What has slowed down to less than this part of its first pace is about to stop.
_STILL_GROWING = 0.35
# Growth may have begun late: of the whole time also the last parts are looked at, if they have so
# many points, rise with this confidence, and so much faster than the time before them.
_LATE_PARTS = (0.5, 0.25, 0.125)
_LATE_POINTS = 8
_LATE_CONFIDENCE = 0.99
_LATE_FASTER = 1.5
_LEVEL_OF = 5
# What allocators keep free grows up to the highest need there ever was, by a step for each arena
# that a thread is given; more than that goes on in each part of the time, over so many points.
_SETTLES = ("python_slack", "c_heap_free", "rss")
_FREE_POINTS, _FREE_PARTS = 10, 3
_OF_AN_EVEN_PART = 0.45
# Without its two largest steps what goes on has still grown by this part: a table that was loaded
# is one step.
_STEPS, _WITHOUT_STEPS = 2, 0.2
_WORTH_OF_A_PICTURE = 4


@dataclass(frozen=True, slots=True)
class TermTrend:
    """How one term moves; `still` is False where its growth has died down (a warm-up)."""

    name: TermName | str
    trend: Trend
    still: bool

    @property
    def growing(self) -> bool:
        """Whether it rises beyond doubt, and goes on."""
        return self.trend.rising and self.still


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
                del self._points[self._most_needless()]

    def points(self) -> tuple[Terms, ...]:
        """The points that are kept, oldest first."""
        with self._lock:
            return tuple(self._points)

    def comparable(self, since: float | None = None) -> list[Terms]:
        """The points that tell Python's objects from the C heap in the same way, oldest first.

        Points that know the heap (`Terms.with_heap`) split the two differently; see `split`.
        """
        return list(comparable(self._since(since)))

    def trends(self, since: float | None = None) -> dict[TermName, TermTrend]:
        """The trend of each term that is known in enough points; `since` is a point's `at`.

        Growth that began late is told over the time in which it is seen.
        """
        points, split = self._since(since), self.comparable(since)
        found: dict[TermName, TermTrend] = {}
        for name in TERM_NAMES:
            told = split if name in ("python_objects", "c_heap_in_use") else points
            made = _trend_of(name, [(p.at, p.term(name)) for p in told])
            if made is not None:
                found[name] = made
        return found

    def rss(self, since: float | None = None) -> TermTrend | None:
        """The trend of the resident memory as a whole."""
        points = self._since(since)
        return _trend_of("rss", [(p.at, p.rss) for p in points])

    def growing(self, since: float | None = None) -> TermTrend | None:
        """The term that grows fastest and still does, None where none grows beyond doubt."""
        least = self.least_gain(since)
        rising = [
            found
            for found in self.trends(since).values()
            if found.growing and found.trend.change >= least
        ]
        return max(rising, key=lambda found: found.trend.slope, default=None)

    def least_gain(self, since: float | None = None) -> float:
        """Bytes below which a gain is not called growth: a megabyte, or 1 % of what is resident."""
        rss = next((p.rss for p in reversed(self._since(since)) if p.rss), 0)
        return max(_LEAST_GAIN, _LEAST_PART * rss)

    def _most_needless(self) -> int:
        """Of the older half the point whose neighbours are closest: so that half is spread evenly.

        The first point stays: it is what "since the start" means.
        """
        points = self._points

        def gap(at: int) -> float:
            passed = points[at + 1].at - points[at - 1].at
            return passed if points[at].large_objects is None else passed * _WORTH_OF_A_PICTURE

        return min(range(1, len(points) // 2), key=gap)

    def _since(self, since: float | None) -> Sequence[Terms]:
        return [p for p in self.points() if since is None or p.at >= since]


def _trend_of(name: TermName | str, series: list[tuple[float, int | None]]) -> TermTrend | None:
    known = [(at, float(value)) for at, value in series if value is not None]
    made = trend([at for at, _ in known], [value for _, value in known])
    if made is None:
        return None
    whole = TermTrend(name, made, _goes_on(name, known))
    return whole if whole.growing else _late(name, known) or whole


def _late(name: TermName | str, known: list[tuple[float, float]]) -> TermTrend | None:
    """The trend of growth that began in the later part of the time, None where none did."""
    began, ended = known[0][0], known[-1][0]
    found: TermTrend | None = None
    for part in _LATE_PARTS:
        start = ended - part * (ended - began)
        before = [point for point in known if point[0] < start]
        later = [point for point in known if point[0] >= start]
        if len(later) < _LATE_POINTS or len(before) < 2:
            break
        made = trend([at for at, _ in later], [value for _, value in later])
        if made is None or not made.rising or made.confidence < _LATE_CONFIDENCE:
            continue
        # What only slows down was faster before.
        pace = _pace(before) if found is None else found.trend.slope / 60
        if made.slope / 60 > _LATE_FASTER * pace and _goes_on(name, later):
            found = TermTrend(name, made, True)
    return found


def _goes_on(name: TermName | str, known: list[tuple[float, float]]) -> bool:
    """Whether what has risen is going to rise: free memory, and so the whole, must have done so all
    the time."""
    if not _still(known) or _came_in_steps(known):
        return False
    if name not in _SETTLES:
        return True
    began, ended = known[0][0], known[-1][0]
    if len(known) < _FREE_POINTS:
        return False
    levels = []
    for at in range(_FREE_PARTS + 1):
        wanted = began + at * (ended - began) / _FREE_PARTS
        levels.append(min(known, key=lambda point: abs(point[0] - wanted))[1])
    least = _OF_AN_EVEN_PART * (levels[-1] - levels[0]) / _FREE_PARTS
    return all(after - before >= least for before, after in pairwise(levels))


def _came_in_steps(known: list[tuple[float, float]]) -> bool:
    """Whether one or two steps explain nearly all of the gain."""
    steps = sorted(after[1] - before[1] for before, after in pairwise(known))
    gain = known[-1][1] - known[0][1]
    return sum(steps[:-_STEPS]) < _WITHOUT_STEPS * gain


def _still(known: list[tuple[float, float]]) -> bool:
    """Whether the later half of the time moves at a pace like the earlier one's."""
    middle = (known[0][0] + known[-1][0]) / 2
    cut = next(at for at, point in enumerate(known) if point[0] >= middle)
    cut = min(max(cut, 1), len(known) - 2)
    early, late = _pace(known[: cut + 1]), _pace(known[cut:])
    return late > 0 and late >= _STILL_GROWING * early


def _pace(known: list[tuple[float, float]]) -> float:
    """Gain a second between the ends, each the median of a few points: one may be an outlier."""
    few = min(_LEVEL_OF, max(1, len(known) // 6))
    first, last = known[:few], known[-few:]
    passed = statistics.fmean(at for at, _ in last) - statistics.fmean(at for at, _ in first)
    gained = statistics.median(v for _, v in last) - statistics.median(v for _, v in first)
    return gained / passed if passed > 0 else 0.0
