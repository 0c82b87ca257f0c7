"""The join: who allocated, from the samples of an image, with who retains, from its suspects."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from typing import TYPE_CHECKING

from leakguard.analysis.attribution_lines import Stacks, allocation_lines
from leakguard.analysis.attribution_owners import NOBODY, Owners
from leakguard.analysis.attribution_votes import Share, Vote, shares
from leakguard.analysis.route_findings import RouteMemory, RouteShare
from leakguard.image.format import NO_REQUEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leakguard.analysis.evidence import Evidence
    from leakguard.analysis.growth import Growth, Summary, Survey
    from leakguard.analysis.heap import Heap
    from leakguard.analysis.suspects import Judgement
    from leakguard.image import SampleTable

IN_FLIGHT = "(in flight)"
"""The route of requests that the framework has not yet found a route for."""

# A container's own buffer has room for all its items, and none of these is smaller.
_ITEM_BYTES = 4

# What so few requests have followed may belong to one that has not ended yet.
_SETTLED = 256
_CONFIDENCE_95 = 1.96


def attribute(
    heap: Heap,
    judged: Sequence[Judgement],
    *,
    growth: Growth | None = None,
    survey: Survey | None = None,
    summary: Summary | None = None,
    evidence: Evidence | None = None,
) -> tuple[tuple[Judgement, ...], tuple[RouteMemory, ...]]:
    """The suspects with the routes and lines that made them, and the memory of each route.

    With `growth` (and the `survey` and `summary` it was found with) the routes are those of what
    gathered since the first of the images compared, else of all that a suspect retains. `evidence`
    counts requests; without it the image does. An image without samples is left as it is.
    """
    samples = heap.image.samples
    if samples is None:
        return tuple(judged), ()
    owners = Owners(heap, judged, growth, survey, summary)
    buffers = _buffers(heap, samples, {found.holder_node for found in judged})
    requests = _Requests(samples, growth, evidence)
    join = _Join(samples, judged, owners, buffers, requests, growth)
    return tuple(join.suspect(place) for place in range(len(judged))), join.routes()


class _Requests:
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


def _buffers(heap: Heap, samples: SampleTable, holders: set[int]) -> frozenset[int]:
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


class _Join:
    def __init__(
        self,
        samples: SampleTable,
        judged: Sequence[Judgement],
        owners: Owners,
        buffers: frozenset[int],
        requests: _Requests,
        growth: Growth | None,
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
        self._collect(samples, owners, buffers)
        self.gained = [self._shares(place, new=True) for place in range(len(judged))]
        self.before = [self._shares(place, new=False) for place in range(len(judged))]

    def _collect(self, samples: SampleTable, owners: Owners, buffers: frozenset[int]) -> None:
        for index, node in enumerate(samples.node):
            place = owners.of(node)
            vote = Vote(
                route=samples.route[index],
                stack=samples.stack[index],
                kind=samples.kind[index],
                weight=samples.bytes[index],
                size=samples.size[index],
                own=index in buffers,
                direct=self.stacks.is_direct(samples.stack[index]),
                new=samples.age_ms[index] < self.since_ms,
            )
            if place != NOBODY:
                self.votes[place].append(vote)
            elif samples.requests[index] >= _SETTLED:
                self.rest[vote.route].append(vote)

    # -- suspects

    def _grown(self, place: int) -> int | None:
        """The bytes that a suspect gained, None where that is not known."""
        if self.since_ms == math.inf:
            return None
        gained = self.judged[place].suspect.growth_bytes
        return gained if gained and gained > 0 else None

    def _voters(self, place: int, *, new: bool) -> list[Vote]:
        """Those who vote on what a suspect gained (`new`), or on what it had before."""
        votes = self.votes[place]
        if self._grown(place) is None:
            return votes if new else []
        chosen = [vote for vote in votes if vote.new == new]
        if not new or any(vote.strong for vote in chosen):
            return chosen
        # nothing is certain: the holder's buffer may be older than what it took up since
        return [vote for vote in votes if vote.new or vote.own] or votes

    def _shares(self, place: int, *, new: bool) -> list[Share]:
        requests = self._requests(place)
        by_route = {
            route: requests[name] for route, name in enumerate(self.names) if requests.get(name)
        }
        voters = self._voters(place, new=new)
        named = [vote for vote in voters if self.names[vote.route] != IN_FLIGHT]
        return shares(named or voters, by_route, self.unnamed)

    def _requests(self, place: int) -> Mapping[str, int]:
        return self.requests.ever if self._grown(place) is None else self.requests.since

    def suspect(self, place: int) -> Judgement:
        """A suspect with its routes and lines."""
        found, requests = self.judged[place], self._requests(place)
        known = self._grown(place)
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
        voters = [vote for vote in self._voters(place, new=True) if vote.route in routes]
        suspect = dataclasses.replace(
            found.suspect, routes=tuple(rows), lines=allocation_lines(voters, self.stacks)
        )
        every = sum(requests.values())
        if suspect.bytes_per_request is None and every:
            suspect = dataclasses.replace(suspect, bytes_per_request=round(size / every, 1))
        return dataclasses.replace(found, suspect=suspect)

    # -- routes

    def routes(self) -> tuple[RouteMemory, ...]:
        """The memory of every route, the largest first."""
        held: dict[int, float] = defaultdict(float)
        variance: dict[int, float] = defaultdict(float)
        each: dict[int, float] = defaultdict(float)
        holders: dict[int, list[int]] = defaultdict(list)
        for place, found in enumerate(self.judged):
            retained, grown = found.suspect.retained_bytes, self._grown(place)
            size = retained if grown is None else grown
            requests = self._requests(place)
            for share in self.gained[place]:
                held[share.route] += share.share * size
                variance[share.route] += (share.margin * size / _CONFIDENCE_95) ** 2
                holders[share.route].append(found.suspect.rank)
                count = requests.get(self.names[share.route], 0)
                each[share.route] += share.share * size / count if count else 0.0
            for share in self.before[place]:
                held[share.route] += share.share * max(0, retained - size)
        rows = [
            self._route(route, held[route], variance[route], each[route], holders[route])
            for route in range(len(self.names))
        ]
        return tuple(sorted(rows, key=lambda row: (-row.strong_bytes, -row.requests, row.route)))

    def _route(
        self, route: int, held: float, variance: float, each: float, holders: list[int]
    ) -> RouteMemory:
        rest = self.rest[route]
        strong = [vote for vote in rest if vote.strong]
        size = round(held + sum(vote.weight for vote in strong))
        variance += sum(vote.variance for vote in strong)
        in_suspects = [
            vote
            for place, gained in enumerate(self.gained)
            if any(share.route == route for share in gained)
            for vote in self._voters(place, new=True)
            if vote.route == route
        ]
        return RouteMemory(
            route=self.names[route],
            requests=self.requests.ever.get(self.names[route], 0),
            live_bytes=size,
            strong_bytes=size,
            weak_bytes=sum(vote.weight for vote in rest) - sum(vote.weight for vote in strong),
            bytes_per_request=round(each, 1),
            suspects=tuple(holders),
            lines=allocation_lines(in_suspects or strong, self.stacks),
            margin_bytes=round(_CONFIDENCE_95 * math.sqrt(variance)),
        )
