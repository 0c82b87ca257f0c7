"""Points that tell Python's large objects from the C heap, made comparable with those that do not.

Objects of more than 512 bytes live in the C heap; how many bytes they are only a picture of the
heap tells. Pictures are rare. Between two of them the large objects are taken to have changed
evenly.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.process.terms import Terms

# The pictures must span this part of the time, or they tell of the past only.
_COVERED = 0.5


def comparable(points: Sequence[Terms]) -> Sequence[Terms]:
    """The points, all split in the same way: with large objects counted as Python's from the first
    picture to the last, or without them where there are too few pictures for that."""
    pictured = [point for point in points if point.large_objects is not None]
    if len(pictured) >= 2:
        first, last = pictured[0].at, pictured[-1].at
        between = [point for point in points if first <= point.at <= last]
        if len(between) >= 4 and last - first >= _COVERED * (points[-1].at - points[0].at):
            return [point.with_large(_large_at(pictured, point.at)) for point in between]
    return [point if point.large_objects is None else point.with_large(0) for point in points]


def _large_at(pictured: Sequence[Terms], at: float) -> int:
    after = min(bisect_right([point.at for point in pictured], at), len(pictured) - 1)
    left, right = pictured[after - 1], pictured[after]
    here, there = left.large_objects or 0, right.large_objects or 0
    part = (at - left.at) / (right.at - left.at)
    return round(here + part * (there - here))


def even(points: Sequence[Terms]) -> list[Terms]:
    """All points, for a picture of the past: before the first and after the last picture of the
    heap the large objects are taken to be as many as there."""
    pictured = [point for point in points if point.large_objects is not None]
    if not pictured:
        return list(points)
    first, last = pictured[0], pictured[-1]
    return [
        point.with_large(_large_at(pictured, min(max(point.at, first.at), last.at)))
        if len(pictured) > 1
        else point.with_large(first.large_objects or 0)
        for point in points
    ]
