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
# Pearson's statistic for each degree of freedom is about 1 where chance alone is at work; of few
# samples it is often twice that.
_CHANCE = 2.0


def with_line_of(votes: Sequence[Vote], route: int) -> list[Vote]:
    """The votes that the application's lines cast which made what `route` allocated."""
    lines = {vote.line for vote in votes if vote.route == route} - {ANY_LINE}
    return [vote for vote in votes if vote.line in lines]


def evened(
    found: Sequence[Share], votes: Sequence[Vote], requests: Mapping[int, int]
) -> list[Share]:
    """The shares, nearer to the parts that the routes have of the requests if they do not differ
    from these by more than samples differ by chance.

    What runs the same line leaves as much behind on each request, as a rule, and requests are
    counted, not estimated. Where the samples say otherwise they are right: `votes` are those that
    `found` was made of.
    """
    asked = sum(requests.get(share.route, 0) for share in found)
    total = sum(vote.weight for vote in votes)
    spread = sum(vote.variance for vote in votes)
    if len(found) < 2 or not total or not spread or not _is_of_one_line(votes):
        return list(found)
    parts = {share.route: requests.get(share.route, 0) / asked if asked else 0.0 for share in found}
    if not all(parts.values()):
        return list(found)
    off = sum((share.share - parts[share.route]) ** 2 / parts[share.route] for share in found)
    excess = off * total**2 / spread / (len(found) - 1) - _CHANCE
    trust = math.exp(-excess) if excess > 0 else 1.0
    near = [
        dataclasses.replace(share, share=trust * parts[share.route] + (1 - trust) * share.share)
        for share in found
    ]
    return sorted(near, key=lambda share: (-share.share, share.route))


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
