"""How each term has moved, in the plain values that an analysis reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis.evidence import TermMove
from leakguard.process.terms import TERM_NAMES

if TYPE_CHECKING:
    from leakguard.process.history import History, TermTrend
    from leakguard.process.terms import TermName, Terms


def moves(history: History, since: float | None = None) -> tuple[TermMove, ...]:
    """The moves of the terms that are known, and of "rss", until the newest point.

    `since` leaves out points before that time of the monotonic clock. With fewer than four points
    there is a change and a pace, but no confidence in them; without any, nothing.
    """
    points = history.comparable(since)
    if not points:
        return ()
    trends = history.trends(since)
    least = history.least_gain(since)
    found = [_move(name, points, trends.get(name), least) for name in TERM_NAMES]
    found.append(_move("rss", points, history.rss(since), least))
    return tuple(move for move in found if move is not None)


def _move(
    name: TermName | str, points: list[Terms], known: TermTrend | None, least: float
) -> TermMove | None:
    series = [
        (point.at, value)
        for point in points
        if (value := point.rss if name == "rss" else getattr(point, name)) is not None
    ]
    if not series:
        return None
    (began, first), (ended, last) = series[0], series[-1]
    if known is None:
        minutes = (ended - began) / 60
        pace = (last - first) / minutes if minutes > 0 else 0.0
        return TermMove(name, last, float(last - first), minutes, pace, pace, pace, 0.0, False)
    trend = known.trend
    return TermMove(
        name=name,
        bytes=last,
        change_bytes=float(trend.change),
        minutes=trend.minutes,
        bytes_per_minute=trend.slope,
        low=trend.low,
        high=trend.high,
        confidence=trend.confidence,
        growing=known.growing and trend.change >= least,
    )
