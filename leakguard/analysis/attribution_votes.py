"""Whose requests made what a suspect retains: the samples of its objects vote.

A strong sample's block was allocated by the route that it names. A weak one's may have been freed
by that route and handed on by the interpreter, any number of times: it names the right route more
often than its part of all requests would explain, and that is all that can be said of it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leakguard.analysis.attribution_same_line import ANY_LINE, evened, may_be_of, with_line_of
from leakguard.image import SampleKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# One sample in a hundred is of something that another route made and the suspect uses.
_STRAY = 0.01
# One in five hundred that is, besides, of the line that made most: of a helper's result that a
# cache keeps, say.
_STRAY_OF_THE_LINE = 0.002
# Strong samples that are a smaller part of all may be nothing but such strays.
_MANY_STRONG = 0.25
_BY_CHANCE = 0.01
# Where there are many, a route with this part of the largest one's share is no stray in any case.
_LARGE = 0.3
_CONFIDENCE_95 = 1.96
# By so much (in nats) one route must explain the weak samples better than all requests do, beside
# what the best of so many routes does by chance: else it is not known which one it is.
_LIKE_REQUESTS = 6.0
_SECOND = 0.5
# When so much of the weak samples was allocated by lines of the application, those alone count.
_DIRECT = 0.25
_UNKNOWN_REQUESTS = 0.5


@dataclass(frozen=True, slots=True)
class Vote:
    """One sampled block that a suspect retains.

    `weight` are the bytes it stands for. `own`: it is the buffer of the holder itself, which the
    last route that made it larger has allocated, whoever filled it. `direct`: the innermost frame
    is the application's. `new`: allocated since the first of the images compared. `line` is the
    number of the application's line that tells most of the stack, `ANY_LINE` where there is none.
    """

    route: int
    stack: int
    kind: int
    weight: int
    size: int
    own: bool
    direct: bool
    new: bool
    line: int = ANY_LINE

    @property
    def strong(self) -> bool:
        """Whether the route is certain."""
        return self.kind == SampleKind.STRONG

    @property
    def variance(self) -> float:
        """The part of this sample in the variance of a sum of weights."""
        return max(0.0, float(self.weight) * (self.weight - self.size))


@dataclass(frozen=True, slots=True)
class Share:
    """A route's part (0 to 1) of a suspect; 95 times of 100 it is not off by more than `margin`."""

    route: int
    share: float
    margin: float


def shares(
    votes: Sequence[Vote],
    requests: Mapping[int, int],
    unnamed: frozenset[int],
    earlier: Sequence[Vote] = (),
) -> list[Share]:
    """The routes that made a suspect, the largest share first; empty without votes.

    `earlier` are votes on what it had before: a route that has both is hardly there by chance.

    `requests` are those of each route meanwhile, as far as known. `unnamed` routes, those of what
    no request or an unfinished one allocated, do not explain weak samples.
    """
    strong = [vote for vote in votes if vote.strong]
    members = [vote for vote in strong if not vote.own]
    weak = [vote for vote in votes if not vote.strong]
    if members or any(vote.route not in unnamed for vote in strong) or (strong and not weak):
        known = [vote for vote in earlier if vote.strong]
        found = _by_weight(strong, votes, known, requests)
        named = {share.route for share in found}
        return evened(found, [vote for vote in members if vote.route in named], requests)
    return _by_excess(weak, requests, unnamed) if weak else []


def _by_weight(
    strong: Sequence[Vote],
    votes: Sequence[Vote],
    earlier: Sequence[Vote],
    requests: Mapping[int, int],
) -> list[Share]:
    unit = min(vote.weight for vote in votes)
    weight: dict[int, float] = defaultdict(float)
    variance: dict[int, float] = defaultdict(float)
    for vote in strong:
        # a holder's buffer is as large as all routes together made it: it counts as one small block
        size = min(vote.weight, unit) if vote.own else vote.weight
        weight[vote.route] += size
        variance[vote.route] += size * size if vote.own else vote.variance
    kept = _without_strays([*strong, *earlier], len(votes) + len(earlier), weight, requests)
    total = sum(weight[route] for route in kept)
    every = sum(variance[route] for route in kept)
    found = []
    for route in kept:
        share = weight[route] / total if total else 0.0
        spread = (1 - share) ** 2 * variance[route] + share**2 * (every - variance[route])
        margin = _CONFIDENCE_95 * math.sqrt(max(0.0, spread)) / total if total else 0.0
        found.append(Share(route, share, min(1.0, margin)))
    return sorted(found, key=lambda share: (-share.share, share.route))


def _without_strays(
    strong: Sequence[Vote], votes: int, weight: Mapping[int, float], requests: Mapping[int, int]
) -> list[int]:
    largest = max(weight, key=lambda route: weight[route])
    members = [vote for vote in strong if not vote.own]
    count = Counter(vote.route for vote in members)
    of_the_line = Counter(vote.route for vote in with_line_of(members, largest))
    asked = requests.get(largest, 0)
    many = len(strong) >= _MANY_STRONG * votes
    kept = [
        route
        for route in weight
        if (many and weight[route] >= _LARGE * weight[largest])
        or _chance(count[route], _STRAY * votes) < _BY_CHANCE
        or _chance(of_the_line[route], _STRAY_OF_THE_LINE * votes) < _BY_CHANCE
        or (
            asked
            and may_be_of(of_the_line[route], of_the_line[largest], requests.get(route, 0) / asked)
        )
    ]
    if kept:
        return kept
    # no sample of what the holder holds is beyond doubt, but who has made it larger is
    return list({vote.route: None for vote in strong if vote.own and vote.route in weight}) or [
        largest
    ]


def _chance(count: int, expected: float) -> float:
    """The probability of `count` or more events where `expected` are."""
    if count == 0:
        return 1.0
    below = term = math.exp(-expected)
    for number in range(1, count):
        term *= expected / number
        below += term
    return 1 - below


def _by_excess(
    weak: Sequence[Vote], requests: Mapping[int, int], unnamed: frozenset[int]
) -> list[Share]:
    """The route that has more of the weak samples than its part of all requests explains.

    Blocks that are handed on come from all routes, about as often as they are asked for; those that
    were allocated for the suspect come from the route that fills it.
    """
    direct = [vote for vote in weak if vote.direct]
    pool = direct if len(direct) >= _DIRECT * len(weak) else weak
    count: dict[int, int] = defaultdict(int)
    for vote in pool:
        count[vote.route] += 1
    named = {route: number for route, number in count.items() if route not in unnamed} or count
    every = sum(named.values())
    expected = {
        route: max(requests.get(route, 0), _UNKNOWN_REQUESTS) for route in (*requests, *named)
    }
    asked = sum(expected.values())
    gain = {
        route: every * _divergence(number / every, expected[route] / asked)
        for route, number in named.items()
    }
    best = max(gain.values())
    if best < _LIKE_REQUESTS + math.log(len(expected)) and len(expected) > 1:
        return []
    kept = [route for route in gain if gain[route] >= _SECOND * best]
    total = sum(named[route] for route in kept)
    found = []
    for route in kept:
        share = named[route] / total
        # what was handed on hides as much of the others
        found.append(Share(route, share, min(1.0, 1 - total / every)))
    return sorted(found, key=lambda share: (-share.share, share.route))


def _divergence(part: float, expected: float) -> float:
    """How much likelier (in nats a sample) a route's part is than the expected one; 0 below it."""
    if part <= expected or expected <= 0 or part <= 0:
        return 0.0
    rest = (1 - part) * math.log((1 - part) / (1 - expected)) if part < 1 and expected < 1 else 0.0
    return part * math.log(part / expected) + rest
