"""Routes that fill a holder by the same line, such as a helper that each of them calls."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leakguard.analysis.attribution_votes import Share, Vote

ANY_LINE = -1
"""The line of a vote that was cast by no line of the application."""
# So much of what each route made is of the one line.
_MOST = 0.75
# How much likelier than not it is, before a sample is seen, that routes leave as much on each
# request: those that run the same line, and others.
_ODDS_OF_ONE_LINE, _ODDS = 9.0, 1.0
# A route with fewer samples than the requests explain once in so many times is not the line's.
_UNLIKELY_FEW = 0.05


def with_line_of(votes: Sequence[Vote], route: int) -> list[Vote]:
    """The votes that the application's lines cast which made what `route` allocated."""
    lines = {vote.line for vote in votes if vote.route == route} - {ANY_LINE}
    return [vote for vote in votes if vote.line in lines]


def may_be_of(count: int, of_first: int, part: float) -> bool:
    """Whether a route has as many samples of a line as it has if each request makes as much there
    as those of a route with `of_first` samples, and has `part` times the requests of that route."""
    expected = part * of_first
    if count == 0 or not expected:
        return False
    logs = (
        number * math.log(expected) - expected - math.lgamma(number + 1)
        for number in range(count + 1)
    )
    return math.fsum(map(math.exp, logs)) >= _UNLIKELY_FEW


def evened(
    found: Sequence[Share], votes: Sequence[Vote], requests: Mapping[int, int]
) -> list[Share]:
    """The shares, or the parts that the routes have of the requests if the samples rather speak for
    these.

    What runs the same line leaves as much behind on each request, as a rule, and requests are
    counted, not estimated. `votes` are those that `found` was made of: that they are spread as the
    requests are is held against that they are spread in any way, each way as likely.
    """
    asked = sum(requests.get(share.route, 0) for share in found)
    total = sum(vote.weight for vote in votes)
    spread = sum(vote.variance for vote in votes)
    if len(found) < 2 or not total or not spread or not asked:
        return list(found)
    parts = [requests.get(share.route, 0) / asked for share in found]
    if not all(parts):
        return list(found)
    # large blocks are nearly all sampled: they tell more than their number
    counts = [share.share * total**2 / spread for share in found]
    odds = _ODDS_OF_ONE_LINE if _is_of_one_line(votes) else _ODDS
    if math.log(odds) + _likelier(counts, parts) < 0:
        return list(found)
    even = [
        dataclasses.replace(share, share=part) for share, part in zip(found, parts, strict=True)
    ]
    return sorted(even, key=lambda share: (-share.share, share.route))


def _likelier(counts: Sequence[float], parts: Sequence[float]) -> float:
    """How much likelier (in nats) counts are with these parts than with any parts."""
    known = sum(count * math.log(part) for count, part in zip(counts, parts, strict=True))
    anyhow = math.lgamma(len(counts)) - math.lgamma(sum(counts) + len(counts))
    return known - anyhow - sum(math.lgamma(count + 1) for count in counts)


def _is_of_one_line(votes: Sequence[Vote]) -> bool:
    every: dict[int, int] = defaultdict(int)
    by_line: dict[tuple[int, int], int] = defaultdict(int)
    for vote in votes:
        every[vote.route] += vote.weight
        by_line[vote.route, vote.line] += vote.weight
    lines = {line for _, line in by_line} - {ANY_LINE}
    return any(
        all(by_line[route, line] >= _MOST * weight for route, weight in every.items())
        for line in lines
    )
