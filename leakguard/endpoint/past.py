"""What this worker remembers of its memory, as points in time: for charts."""

from __future__ import annotations

import time
from time import monotonic
from typing import TYPE_CHECKING, Any

from leakguard import process
from leakguard.page.facts import Point
from leakguard.process.limit import memory_limit
from leakguard.process.split import even

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leakguard.endpoint.timeline import Timeline

MOST_ROUTES = 50
"""Those that hold most now are told."""

FEW_POINTS = 24
"""Of a worker's resident memory: enough for a line as wide as a word."""

RouteHistory = dict[str, list[tuple[float, int]]]


def points(timeline: Timeline) -> list[Point]:
    """The resident memory and its terms, oldest first, until now."""
    # Both clocks are asked at once: what is between them changes when somebody sets the other one.
    ahead = time.time() - monotonic()
    return [
        Point(
            round(ahead + one.at, 3),
            one.rss,
            {name: one.term(name) for name in process.TERM_NAMES},
        )
        for one in even(timeline.history.points())
    ]


def few(known: Sequence[tuple[float, int | None]], now: float) -> list[tuple[float, int]]:
    """At most 24 of the points, the first and the last among them: how many seconds ago, and bytes
    (0 never)."""
    told = [(round(max(0.0, now - at), 1), size) for at, size in known if size]
    if len(told) <= FEW_POINTS:
        return told
    return [told[round(at * (len(told) - 1) / (FEW_POINTS - 1))] for at in range(FEW_POINTS)]


def most_held(routes: Mapping[str, Sequence[tuple[float, int]]]) -> RouteHistory:
    """The routes that hold most at their last point, at most 50, the largest first."""
    known = [(route, list(held)) for route, held in routes.items() if held]
    known.sort(key=lambda one: (-one[1][-1][1], one[0]))
    return dict(known[:MOST_ROUTES])


def document(
    timeline: Timeline, routes: Mapping[str, Sequence[tuple[float, int]]], pid: int
) -> dict[str, Any]:
    """The answer to `GET /_leak/history`."""
    now = time.time()
    return {
        "pid": pid,
        "started": round(now - (monotonic() - timeline.started), 3),
        "now": round(now, 3),
        "memory_limit": memory_limit(),
        "points": [
            {"at": point.at, "rss": point.rss, "terms": dict(point.terms)}
            for point in points(timeline)
        ],
        "routes": [
            {"route": route, "points": [list(point) for point in held]}
            for route, held in most_held(routes).items()
        ],
        "snapshots": [round(kept.created, 3) for kept in timeline.kept()],
    }
