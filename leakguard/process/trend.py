"""A trend through points in time that survives outliers: Theil and Sen's slope, Kendall's test."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_POINTS = 4
# More points say no more about the trend than their medians, but n² pairs take time.
_MOST_POINTS = 32
_NORMAL_95 = 1.96


@dataclass(frozen=True, slots=True)
class Trend:
    """How a figure moves: `slope` per minute, with `low` and `high` as its 95 % interval.

    `confidence`, 0 to 1, is that of the direction: how unlikely so steady a rise (or fall) would be
    by chance. `change` is the last level minus the first, `minutes` the time between them.
    """

    slope: float
    low: float
    high: float
    confidence: float
    change: float
    minutes: float
    points: int

    @property
    def rising(self) -> bool:
        """Whether the figure goes up beyond doubt."""
        return self.low > 0 and self.confidence >= 0.95


def trend(seconds: Sequence[float], values: Sequence[float]) -> Trend | None:
    """The trend of `values` over times that ascend; None with fewer than four points."""
    times, levels = _thinned(seconds, values)
    count = len(times)
    if count < LEAST_POINTS or times[-1] <= times[0]:
        return None
    slopes: list[float] = []
    balance = 0
    for later in range(1, count):
        for earlier in range(later):
            passed = times[later] - times[earlier]
            risen = levels[later] - levels[earlier]
            balance += (risen > 0) - (risen < 0)
            if passed > 0:
                slopes.append(risen / passed * 60)
    slopes.sort()
    low, high = _interval(slopes, levels)
    return Trend(
        slope=statistics.median(slopes),
        low=low,
        high=high,
        confidence=_confidence(balance, levels),
        change=levels[-1] - levels[0],
        minutes=(times[-1] - times[0]) / 60,
        points=count,
    )


def _thinned(
    seconds: Sequence[float], values: Sequence[float]
) -> tuple[Sequence[float], Sequence[float]]:
    """Medians of equal parts of the time: old points may be rarer than new ones."""
    count = len(seconds)
    if count <= _MOST_POINTS:
        return seconds, values
    part = (seconds[-1] - seconds[0]) / _MOST_POINTS or 1.0
    parts: dict[int, list[int]] = {}
    for at, second in enumerate(seconds):
        place = min(int((second - seconds[0]) / part), _MOST_POINTS - 1)
        parts.setdefault(place, []).append(at)
    return (
        [statistics.fmean(seconds[at] for at in members) for members in parts.values()],
        [statistics.median(values[at] for at in members) for members in parts.values()],
    )


def _variance(levels: Sequence[float]) -> float:
    """Kendall's variance of the balance if there were no trend, equal levels taken into account."""
    count = len(levels)
    ties: dict[float, int] = {}
    for level in levels:
        ties[level] = ties.get(level, 0) + 1
    total = count * (count - 1) * (2 * count + 5)
    tied = sum(tie * (tie - 1) * (2 * tie + 5) for tie in ties.values())
    return max(0.0, (total - tied) / 18)


def _confidence(balance: int, levels: Sequence[float]) -> float:
    deviation = math.sqrt(_variance(levels))
    if deviation == 0 or balance == 0:
        return 0.0
    steps = (abs(balance) - 1) / deviation
    return math.erf(steps / math.sqrt(2))


def _interval(slopes: Sequence[float], levels: Sequence[float]) -> tuple[float, float]:
    """Sen's interval: the slopes that the test could not tell from the middle one."""
    reach = _NORMAL_95 * math.sqrt(_variance(levels))
    count = len(slopes)
    low = int((count - reach) / 2)
    high = math.ceil((count + reach) / 2)
    return slopes[max(0, low)], slopes[min(count - 1, high)]
