"""The figures of each route: requests, errors, in flight, duration. Bounded whatever comes.

Counting is exact under threads and event loops; what a request costs is in `_flight.pyx`.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import weakref
from dataclasses import dataclass
from time import perf_counter, time
from typing import TYPE_CHECKING

from leakguard.routes import sampling, tracks
from leakguard.routes._flight import NO_REQUEST, UNBOUND, Figures, Flight, FlightCounter
from leakguard.routes.folding import OTHER
from leakguard.routes.memory import MemoryBook

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from leakguard.routes.memory import RouteMemory

__all__ = ["OTHER", "UNMATCHED", "Figures", "Flight", "Ledger", "RouteRow", "flight_around"]

UNMATCHED = "(unmatched)"
TICK_SECONDS = 1.0
"""Seconds between two ticks, at least; they come out of requests."""
OBSERVE_SECONDS = 10.0
"""Seconds between two points of the routes' history, at least."""


@dataclass(frozen=True, slots=True)
class RouteRow:
    """What one route has done since the process started to count."""

    route: str
    """Method and template: "GET /items/{id}", "WS /chat"; or "(unmatched)", "(other)". Or a track's
    name."""
    requests: int
    """Requests that have ended; of a track, the times that it was left."""
    errors: int
    """Those of them that raised, or were answered with a 5xx status."""
    in_flight: int
    """Requests being served now."""
    mean_seconds: float
    """Mean time from the request to the end of its answer; 0 before the first has ended."""
    memory: RouteMemory | None = None
    """What it has allocated and is still alive; None while allocations are not sampled."""


class Ledger(FlightCounter):
    """Counts requests by the name that `name_of` gives them, in at most `max_routes` rows.

    `name_of` may be asked at any time during a flight (a framework knows the route only some way
    into it) and from any thread.
    """

    def __init__(self, name_of: Callable[[Flight], str], *, max_routes: int = 200) -> None:
        super().__init__(name_of, TICK_SECONDS)
        self._max_routes = max_routes
        self._book = MemoryBook()
        self._next_observed = perf_counter() + OBSERVE_SECONDS
        self.on_tick: Callable[[], object] | None = None
        """Called with each tick, in the thread of a request: it must return at once."""
        self.requests: Callable[[], dict[str, int]] = functools.partial(_requests, self.figures)
        """How many requests of each route have ended, and how often each track was entered. Can be
        asked when the ledger is gone."""
        _watch_forks()
        _ledgers.add(self)

    def rows(self) -> list[RouteRow]:
        """The figures now, the busiest route first."""
        flights = list(self.flights)
        counted = {
            name: (figures.requests, figures.errors, figures.seconds)
            for name, figures in list(self.figures.items())
        }
        in_flight = dict.fromkeys(counted, 0)
        for flight in flights:
            name = self._name_of(flight)
            if name not in in_flight and len(in_flight) >= self._max_routes:
                name = OTHER
            in_flight[name] = in_flight.get(name, 0) + 1
        rows = []
        for name, flying in in_flight.items():
            requests, errors, seconds = counted.get(name, (0, 0, 0.0))
            mean = seconds / requests if requests else 0.0
            rows.append(RouteRow(name, requests, errors, flying, mean))
        return sorted(rows, key=lambda row: (-row.requests, -row.in_flight, row.route))

    def report(self) -> list[RouteRow]:
        """The rows with their memory, those of tracks that were entered too; and one for work
        without a request, if any of its is alive."""
        memory = {found.route: found for found in self.memory()}
        rows = [
            dataclasses.replace(row, memory=memory.pop(row.route, None))
            for row in [*self.rows(), *_track_rows()]
        ]
        return rows + [
            RouteRow(found.route, found.requests, 0, 0, 0.0, found)
            for found in memory.values()
            if found.live_bytes
        ]

    def memory(self) -> list[RouteMemory]:
        """What each route, each track and work without a request has allocated and is still alive,
        the largest first. Empty while allocations are not sampled."""
        if not sampling.running():
            return []
        self._bind_flights()
        routes = {
            figures.route: (name, figures.requests) for name, figures in list(self.figures.items())
        }
        routes |= tracks.routes()
        routes[NO_REQUEST] = (sampling.route_name(NO_REQUEST), 0)
        return self._book.read(perf_counter(), routes)

    def add_figures(self, name: str | None) -> Figures:
        # The rows of everything else come on top of the limit: they are always there to be used.
        if name is None or (len(self.figures) >= self._max_routes and name != UNMATCHED):
            name = OTHER
        known = self.figures.get(name)
        if known is None:
            known = self.figures.setdefault(name, Figures(sampling.add_route(name)))
        return known

    def history(self) -> dict[str, list[tuple[float, int]]]:
        """Live bytes of each route at some earlier times (seconds since the epoch), at most some
        thirty however long; empty while allocations are not sampled."""
        if not sampling.running():
            return {}
        ahead = time() - perf_counter()
        names = {figures.route: name for name, figures in list(self.figures.items())}
        names |= {route: name for route, (name, _) in tracks.routes().items()}
        found: dict[str, list[tuple[float, int]]] = {}
        for at, held in self._book.past():
            for route, live in held.items():
                if route in names:
                    found.setdefault(names[route], []).append((round(ahead + at, 3), live))
        return found

    def tick(self) -> None:
        now = perf_counter()
        if now >= self._next_observed:
            self._next_observed = now + OBSERVE_SECONDS
            self._bind_flights()
            self._book.observe(now)
        if self.on_tick is not None:
            self.on_tick()

    def _bind_flights(self) -> None:
        # What a stream or a websocket allocates is its route's long before it ends.
        for flight in list(self.flights):
            if flight.slot is not None and flight.slot.route == UNBOUND:
                name = self._name_of(flight)
                flight.slot.route = (self.figures.get(name) or self.add_figures(name)).route

    def _start_again(self) -> None:
        # The child of a fork has none of the parent's requests; what they left behind it has.
        self.forget_flights()
        for figures in self.figures.values():
            figures.start_again()
        self._book = MemoryBook()
        self._next_observed = perf_counter() + OBSERVE_SECONDS


def _requests(figures: Mapping[str, Figures]) -> dict[str, int]:
    counted = {name: one.requests for name, one in list(figures.items())}
    for name, entered in tracks.routes().values():
        counted[name] = counted.get(name, 0) + entered
    return counted


def _track_rows() -> list[RouteRow]:
    rows = []
    for name, figures in tracks.all_figures().items():
        under_way = figures.under_way
        ended = max(figures.requests - under_way, 0)
        if not figures.requests:
            continue
        mean = figures.seconds / ended if ended else 0.0
        rows.append(RouteRow(name, ended, figures.errors, under_way, mean))
    return sorted(rows, key=lambda row: (-row.requests, -row.in_flight, row.route))


def sampled_routes() -> dict[int, tuple[str, int]] | None:
    """What an image tells of the routes that sampled allocations have: by number their name and
    the requests that have ended (of a track: how often it was entered). None while allocations are
    not sampled."""
    if not sampling.running():
        return None
    sampling.forget_unused_stacks()
    counted = tracks.routes()
    for ledger in list(_ledgers):
        ledger._bind_flights()
        for name, figures in list(ledger.figures.items()):
            counted[figures.route] = (name, figures.requests)
    names = sampling.routes()
    if names is None:
        return None
    return {number: (name, 0) for number, name in names.items()} | counted


def flight_around(
    scope: Mapping[str, Any], inner: Ledger | None = None
) -> tuple[Ledger, Flight] | None:
    """The flight by which a ledger of this process, other than `inner`, counts the request of this
    scope or environ already."""
    # A middleware between may have copied the mapping, but not what is in it.
    part = "wsgi.input" if "wsgi.input" in scope else "headers"
    given = scope.get(part)
    for ledger in list(_ledgers):
        if ledger is inner:
            continue
        for flight in ledger.flights:
            if flight.scope is scope or (given is not None and flight.scope.get(part) is given):
                return ledger, flight
    return None


_ledgers: weakref.WeakSet[Ledger] = weakref.WeakSet()


@functools.cache
def _watch_forks() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork)


def _after_fork() -> None:
    for ledger in list(_ledgers):
        ledger._start_again()
