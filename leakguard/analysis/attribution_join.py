"""The samples of an image looked up under its suspects."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from typing import TYPE_CHECKING

from leakguard.analysis.attribution_lines import Stacks, allocation_lines
from leakguard.analysis.attribution_owners import NOBODY, Owners
from leakguard.analysis.attribution_votes import Share, Vote, shares
from leakguard.analysis.route_findings import RouteShare
from leakguard.analysis.unreached import Stray
from leakguard.image.format import NO_NODE, NO_REQUEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from leakguard.analysis.evidence import Evidence
    from leakguard.analysis.growth import Growth
    from leakguard.analysis.heap import Heap
    from leakguard.analysis.route_findings import AllocationLine
    from leakguard.analysis.suspects import Judgement
    from leakguard.image import SampleTable

IN_FLIGHT = "(in flight)"
"""The route of requests that the framework has not yet found a route for."""

# A container's own buffer has room for all its items, and none of these is smaller.
_ITEM_BYTES = 4

# What so few requests have followed may belong to one that has not ended yet.
_SETTLED = 256


class Requests:
    """How many requests of each route have ended: in all, and since growth is counted."""

    def __init__(
        self, samples: SampleTable, growth: Growth | None, evidence: Evidence | None
    ) -> None:
        self.ever: Mapping[str, int] = dict(
            zip(samples.route_names, samples.route_requests, strict=True)
        )
        self.since: Mapping[str, int] = {}
        if evidence is not None and evidence.routes:
            self.ever = {**self.ever, **evidence.routes}
            if growth is not None and growth.intervals:
                self.since = evidence.routes_since(growth.start)


def own_buffers(heap: Heap, samples: SampleTable, holders: set[int]) -> frozenset[int]:
    """The samples that are a holder's own buffer, not a leaf that was folded into the holder."""
    image = heap.image
    largest: dict[int, int] = {}
    for index, node in enumerate(samples.node):
        if node in holders and (
            node not in largest or samples.size[index] > samples.size[largest[node]]
        ):
            largest[node] = index
    return frozenset(
        index
        for node, index in largest.items()
        if samples.size[index] >= _ITEM_BYTES * (image.node_folded[node] + len(image.edges(node)))
    )


class Join:
    """The samples of an image by the suspect that retains them, and what they tell of each.

    `votes` are those of each suspect, `rest` by route those of no suspect, without garbage that
    waits for the next collection unless `gathers` says that none comes. `gained` are the shares in
    what each suspect gained since growth is counted, `before` in what it had by then.
    """

    def __init__(
        self,
        samples: SampleTable,
        judged: Sequence[Judgement],
        owners: Owners,
        buffers: frozenset[int],
        requests: Requests,
        growth: Growth | None,
        *,
        gathers: bool = False,
    ) -> None:
        self.names = samples.route_names
        self.judged = judged
        self.requests = requests
        self.stacks = Stacks(samples)
        self.unnamed = frozenset(
            route for route, name in enumerate(self.names) if name in (NO_REQUEST, IN_FLIGHT)
        )
        self.since_ms = (
            1000 * growth.seconds if growth is not None and growth.intervals else math.inf
        )
        self.votes: list[list[Vote]] = [[] for _ in judged]
        self.rest: dict[int, list[Vote]] = defaultdict(list)
        self.strays: dict[int, list[Stray]] = defaultdict(list)
        self._collect(samples, owners, buffers, gathers)
        self.gained = [self._shares_of(place, new=True) for place in range(len(judged))]
        # where nothing is certain of earlier times, the same routes did then what they do now
        self.before = [
            self._shares_of(place, new=False) or gained for place, gained in enumerate(self.gained)
        ]

    def _collect(
        self, samples: SampleTable, owners: Owners, buffers: frozenset[int], gathers: bool
    ) -> None:
        for index, node in enumerate(samples.node):
            place = owners.of(node)
            stack = samples.stack[index]
            if self.names[samples.route[index]] == NO_REQUEST and self.stacks.is_our_own(stack):
                continue
            vote = Vote(
                route=samples.route[index],
                stack=stack,
                kind=samples.kind[index],
                weight=samples.bytes[index],
                size=samples.size[index],
                own=index in buffers,
                direct=self.stacks.is_direct(stack),
                new=samples.age_ms[index] < self.since_ms,
                line=self.stacks.number(stack),
            )
            if place != NOBODY:
                self.votes[place].append(vote)
            elif samples.requests[index] >= _SETTLED and (gathers or not owners.is_garbage(node)):
                self.rest[vote.route].append(vote)
                if node == NO_NODE and vote.route not in self.unnamed:
                    age = self._age(samples.requests[index], samples.age_ms[index])
                    self.strays[vote.route].append(Stray(vote, age))

    def _age(self, requests: int, age_ms: int) -> float:
        """Of a block as a part of the requests since growth is told, or of the time."""
        every = sum(self.requests.since.values())
        return requests / every if every and age_ms < self.since_ms else age_ms / self.since_ms

    # -- suspects

    def grown(self, place: int) -> int | None:
        """The bytes that a suspect gained, None where that is not known."""
        if self.since_ms == math.inf:
            return None
        gained = self.judged[place].suspect.growth_bytes
        return gained if gained and gained > 0 else None

    def _voters(self, place: int, *, new: bool) -> list[Vote]:
        """Those who vote on what a suspect gained (`new`), or on what it had before."""
        votes = self.votes[place]
        if self.grown(place) is None:
            return votes if new else []
        chosen = [vote for vote in votes if vote.new == new]
        if not new:
            return [vote for vote in chosen if vote.strong]
        if any(vote.strong for vote in chosen):
            return chosen
        # nothing is certain: the holder's buffer may be older than what it took up since
        return [vote for vote in votes if vote.new or vote.own] or votes

    def _shares_of(self, place: int, *, new: bool) -> list[Share]:
        requests = self.requests_for(place)
        by_route = {
            route: requests[name] for route, name in enumerate(self.names) if requests.get(name)
        }
        voters = self._voters(place, new=new)
        named = [vote for vote in voters if self.names[vote.route] != IN_FLIGHT]
        # what the server made for a request before it called the app came because of the same route
        inside = [vote for vote in named if not self._is_of_the_server(vote)]
        earlier = self._voters(place, new=False) if new else ()
        strong = [vote for vote in inside if vote.strong]
        if any(vote.route not in self.unnamed for vote in strong):
            named = inside
        elif not strong and (found := shares(inside, by_route, self.unnamed, earlier)):
            return found
        return shares(named or voters, by_route, self.unnamed, earlier)

    def _is_of_the_server(self, vote: Vote) -> bool:
        return self.names[vote.route] == NO_REQUEST and self.stacks.is_before_the_app(vote.stack)

    def requests_for(self, place: int) -> Mapping[str, int]:
        """Requests by route in the time that the shares of a suspect are of."""
        return self.requests.ever if self.grown(place) is None else self.requests.since

    def suspect(self, place: int) -> Judgement:
        """A suspect with its routes and lines."""
        found, requests = self.judged[place], self.requests_for(place)
        known = self.grown(place)
        size = found.suspect.retained_bytes if known is None else known
        rows = []
        for share in self.gained[place]:
            count = requests.get(self.names[share.route], 0)
            each = round(share.share * size / count, 1) if count else None
            name = self.names[share.route]
            rows.append(
                RouteShare(name, round(share.share, 4), count, each, round(share.margin, 4))
            )
        routes = {share.route for share in self.gained[place]}
        suspect = dataclasses.replace(
            found.suspect, routes=tuple(rows), lines=self.lines(place, routes, size)
        )
        # What a request of those that feed it leaves behind; of the whole app where nobody knows.
        feeding = sum(row.requests for row in rows)
        every = feeding or sum(requests.values())
        if every and (feeding or suspect.bytes_per_request is None):
            suspect = dataclasses.replace(suspect, bytes_per_request=round(size / every, 1))
        return dataclasses.replace(found, suspect=suspect)

    def lines(self, place: int, routes: Iterable[int], size: float) -> tuple[AllocationLine, ...]:
        """The lines on which some of a suspect's routes made it; `size` bytes are of these routes.

        The samples tell the parts, the heap how much they are parts of.
        """
        voters, guilty = (
            self._voters(place, new=True),
            {share.route for share in self.gained[place]},
        )
        noise = [vote for vote in voters if vote.route not in guilty]
        requests = self.requests_for(place)
        asked = [requests.get(name, 0) for name in self.names]
        innocent = sum(asked[route] for route in range(len(asked)) if route not in guilty)
        found = allocation_lines(
            [vote for vote in voters if vote.route in routes],
            self.stacks,
            noise,
            sum(asked[route] for route in routes) / innocent if innocent else 0.0,
        )
        return tuple(dataclasses.replace(line, bytes=round(line.share * size)) for line in found)
