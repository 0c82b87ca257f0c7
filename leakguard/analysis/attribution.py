"""The join: who allocated, from the samples of an image, with who retains, from its suspects."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from typing import TYPE_CHECKING

from leakguard.analysis.attribution_join import Join, Requests, own_buffers
from leakguard.analysis.attribution_lines import allocation_lines
from leakguard.analysis.attribution_owners import Owners
from leakguard.analysis.route_findings import RouteMemory
from leakguard.analysis.unreached import unreached

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.attribution_votes import Vote
    from leakguard.analysis.evidence import Evidence
    from leakguard.analysis.growth import Growth, Summary, Survey
    from leakguard.analysis.heap import Heap
    from leakguard.analysis.suspects import Judgement

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
    owners = Owners(heap, judged, survey, summary)
    buffers = own_buffers(heap, samples, {found.holder_node for found in judged})
    requests = Requests(samples, growth, evidence)
    collects = evidence.collects if evidence is not None else None
    gathers = collects is False or (growth is not None and growth.garbage_grows)
    join = Join(samples, judged, owners, buffers, requests, growth, gathers=gathers)
    return tuple(join.suspect(place) for place in range(len(judged))), _routes(join)


def _routes(join: Join) -> tuple[RouteMemory, ...]:
    """The memory of every route, the largest first."""
    held: dict[int, float] = defaultdict(float)
    variance: dict[int, float] = defaultdict(float)
    each: dict[int, float] = defaultdict(float)
    gains: dict[int, list[tuple[float, float | None]]] = defaultdict(list)
    holders: dict[int, list[int]] = defaultdict(list)
    for place, found in enumerate(join.judged):
        retained, grown = found.suspect.retained_bytes, join.grown(place)
        size = retained if grown is None else grown
        requests = join.requests_for(place)
        for share in join.gained[place]:
            held[share.route] += share.share * size
            variance[share.route] += (share.margin * size / _CONFIDENCE_95) ** 2
            holders[share.route].append(found.suspect.rank)
            count = requests.get(join.names[share.route], 0)
            each[share.route] += share.share * size / count if count else 0.0
            if grown is not None:
                gains[share.route].append((share.share * grown, found.suspect.confidence))
        for share in join.before[place]:
            held[share.route] += share.share * max(0, retained - size)
    rows = [
        _with_gains(
            _route(join, route, held[route], variance[route], each[route], holders[route]),
            gains[route],
        )
        for route in range(len(join.names))
    ]
    return tuple(sorted(rows, key=lambda row: (-row.strong_bytes, -row.requests, row.route)))


def _with_gains(row: RouteMemory, gains: list[tuple[float, float | None]]) -> RouteMemory:
    """A route with what it gained, by suspects and by what no object owns."""
    each, gone = row.bytes_per_request, row.unreached
    if gone is not None:
        gains = [*gains, (gone.bytes, gone.confidence)]
        each += gone.bytes_per_request or 0.0
    if not gains:
        return row
    known = [sure for _, sure in gains if sure is not None]
    return dataclasses.replace(
        row,
        bytes_per_request=round(each, 1),
        growth_bytes=round(sum(size for size, _ in gains)),
        confidence=max(known, default=None),
    )


def _route(
    join: Join, route: int, held: float, variance: float, each: float, holders: list[int]
) -> RouteMemory:
    rest = [vote for vote in join.rest[route] if vote.new]
    strong = _beyond_chance([vote for vote in rest if vote.strong])
    weak = _beyond_chance([vote for vote in rest if not vote.strong])
    size = round(held + sum(vote.weight for vote in strong))
    variance += sum(vote.variance for vote in strong)
    # the lines of the suspect that has most of it
    most = max(
        (
            (share.share * join.judged[place].suspect.retained_bytes, place)
            for place, gained in enumerate(join.gained)
            for share in gained
            if share.route == route
        ),
        default=None,
    )
    if most is None:
        lines = allocation_lines(strong, join.stacks)
    else:
        lines = join.lines(most[1], {route}, most[0])
    return RouteMemory(
        route=join.names[route],
        requests=join.requests.ever.get(join.names[route], 0),
        live_bytes=size,
        strong_bytes=size,
        weak_bytes=sum(vote.weight for vote in weak),
        bytes_per_request=round(each, 1),
        suspects=tuple(holders),
        lines=lines,
        margin_bytes=round(_CONFIDENCE_95 * math.sqrt(variance)),
        unreached=unreached(
            join.strays[route], join.stacks, join.requests.since.get(join.names[route], 0)
        ),
    )


def _beyond_chance(votes: list[Vote]) -> list[Vote]:
    """The samples if there are enough to say that they stand for anything at all."""
    total = sum(vote.weight for vote in votes)
    margin = _CONFIDENCE_95 * math.sqrt(sum(vote.variance for vote in votes))
    return votes if total > margin else []
