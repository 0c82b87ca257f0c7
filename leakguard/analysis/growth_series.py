"""Whether a series of counts grows with the work, is about to stop, goes up and down, or stays."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Word = Literal["growing", "warming up", "saw-tooth", "steady"]

LEAST_INTERVALS = 3
# Of a long history the last intervals count: what is so now.
MOST_INTERVALS = 12
# An interval takes part in the growth when it has this part of the mean pace.
_PART_OF_PACE = 0.25
_PARTS_OF_INTERVALS = 0.75
# A fall by this part of the whole range is no growth but a saw-tooth.
_FALL = 0.3
# A pace that has come down to this part of the first one is about to stop.
_SLOWED = 0.75
_NEARLY_FALLING = 1.1
# Three points more of what only fluctuates rise one after the other once in 24 times. In so few
# intervals a gain that is uneven, and little beside what was there, is no growth yet.
_FEW = 4
_LITTLE_GAIN, _UNEVEN = 0.1, 0.3
DOUBT_AN_INTERVAL = 0.6
"""What each interval leaves of the doubt."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A word for a series, how sure it is (0 to 1), and the growth over the intervals judged."""

    word: Word
    confidence: float
    growth: int


STEADY = Judged("steady", 0.0, 0)


def judge(values: Sequence[int], weights: Sequence[float]) -> Judged:
    """Judge counts taken at the ends of intervals in which `weights` requests (or seconds) passed.

    There is one value more than there are weights. The first interval is left out where enough
    others remain: a start is no leak. What came before the last twelve intervals counts only for
    its falls. With fewer than three intervals everything is "steady": see `judge_few`.
    """
    falls = _falls(values[1:] if len(weights) > LEAST_INTERVALS else values)
    is_few = len(weights) <= _FEW
    values, weights = values[-MOST_INTERVALS - 1 :], weights[-MOST_INTERVALS:]
    slows_down = len(weights) >= LEAST_INTERVALS and _slows_down(values, weights)
    if len(weights) > LEAST_INTERVALS:
        values, weights = values[1:], weights[1:]
    growth = values[-1] - values[0] if values else 0
    if len(weights) < LEAST_INTERVALS:
        return Judged("steady", 0.0, growth)
    spread = max(values) - min(values)
    if spread == 0:
        return Judged("steady", _sure(len(weights), 0.0), 0)
    if falls or _falls(values):
        return Judged("saw-tooth", _sure(len(weights), 0.0), growth)
    if growth <= 0:
        return Judged("steady", _sure(len(weights), 0.0), growth)
    paces = _paces(values, weights)
    mean = growth / sum(weights)
    if slows_down:
        return Judged("warming up", _sure(len(weights), 0.0), growth)
    taking_part = sum(pace >= _PART_OF_PACE * mean for pace in paces)
    if taking_part < max(LEAST_INTERVALS, math.ceil(_PARTS_OF_INTERVALS * len(paces))):
        return Judged("steady", _sure(len(weights), 0.0), growth)
    unevenness = statistics.pstdev(paces) / mean
    if is_few and unevenness > _UNEVEN and growth < _LITTLE_GAIN * values[0]:
        return Judged("steady", _sure(len(weights), 0.0), growth)
    return Judged("growing", _sure(len(weights), unevenness), growth)


def judge_few(values: Sequence[int], weights: Sequence[float]) -> Judged:
    """Judge what grew in one or two intervals: the first word before `judge` has enough of them.

    A second interval must go on like the first; what grew in one interval of two may have come
    once. One interval tells only that it grew.
    """
    growth = values[-1] - values[0] if values else 0
    if not weights or growth <= 0:
        return Judged("steady", 0.0, growth)
    sure = _sure(len(weights), 0.0)
    if _falls(values):
        return Judged("saw-tooth", sure, growth)
    paces = _paces(values, weights)
    least = _PART_OF_PACE * growth / sum(weights)
    if paces[-1] < least or (len(weights) > 1 and _slows_down(values, weights)):
        return Judged("warming up", sure, growth)
    if paces[0] < least:
        return Judged("steady", sure, growth)
    return Judged("growing", sure, growth)


def _sure(intervals: int, unevenness: float) -> float:
    sure = 1 - float(DOUBT_AN_INTERVAL**intervals)
    return round(sure * (1 - min(0.5, unevenness / 2)), 3)


def _falls(values: Sequence[int]) -> bool:
    """Whether it comes down once by much of all that it moves."""
    if not values:
        return False
    highest, deepest = values[0], 0
    for value in values:
        highest = max(highest, value)
        deepest = max(deepest, highest - value)
    return deepest > _FALL * (max(values) - min(values))


def _paces(values: Sequence[int], weights: Sequence[float]) -> list[float]:
    return [(b - a) / w for (a, b), w in zip(pairwise(values), weights, strict=True)]


def _slows_down(values: Sequence[int], weights: Sequence[float]) -> bool:
    """Whether the pace falls from interval to interval by more than chance would have it."""
    paces = _paces(values, weights)
    falling = sum(b <= a * _NEARLY_FALLING for a, b in pairwise(paces))
    half = len(weights) // 2
    part, chance = _slowed(values, weights, half)
    if falling < 2 / 3 * (len(paces) - 1):
        # of few objects an interval gains some more by chance, though it slows down
        falling = sum(
            b <= a * _NEARLY_FALLING + spread
            for (a, b), spread in zip(pairwise(paces), _spreads(paces, weights), strict=True)
        )
        return falling >= 2 / 3 * (len(paces) - 1) and part + 2 * chance < _SLOWED
    if part + chance < _SLOWED:
        return True
    # A cache that is a third full has not slowed so much between the halves; but each interval of
    # it gains less than the one before, which chance seldom brings about.
    part, chance = _slowed(values, weights, 1)
    return part + 2 * chance < _SLOWED and all(b < a for a, b in pairwise(paces))


def _spreads(paces: Sequence[float], weights: Sequence[float]) -> list[float]:
    """By how much each pace and the next differ by chance where single objects are counted."""
    own = [max(0.0, pace) / weight for pace, weight in zip(paces, weights, strict=True)]
    return [math.sqrt(one + other) for one, other in pairwise(own)]


def _slowed(values: Sequence[int], weights: Sequence[float], count: int) -> tuple[float, float]:
    """The pace of the last `count` intervals as a part of that of the first, and how much of it may
    be chance; infinite where the first gained nothing."""
    early, late = values[count] - values[0], values[-1] - values[-1 - count]
    if early <= 0:
        return math.inf, 0.0
    ratio = (late / sum(weights[-count:])) / (early / sum(weights[:count]))
    return ratio, ratio * math.sqrt(1 / early + 1 / max(late, 1))
