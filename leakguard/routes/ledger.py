"""The figures of each route: requests, errors, in flight, duration. Bounded whatever comes.

Counting is exact under threads and event loops: one short lock, held for a few additions.
"""

from __future__ import annotations

import functools
import os
import threading
import weakref
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

OTHER = "(other)"
UNMATCHED = "(unmatched)"


@dataclass(frozen=True, slots=True)
class RouteRow:
    """What one route has done since the process started to count."""

    route: str
    """Method and template: "GET /items/{id}", "WS /chat"; or "(unmatched)", "(other)"."""
    requests: int
    """Requests that have ended."""
    errors: int
    """Those of them that raised, or were answered with a 5xx status."""
    in_flight: int
    """Requests being served now."""
    mean_seconds: float
    """Mean time from the request to the end of its answer; 0 before the first has ended."""


class Flight:
    """One request that is being served."""

    __slots__ = ("ended", "scope", "started", "status")

    def __init__(self, scope: MutableMapping[str, Any]) -> None:
        self.scope = scope
        self.started = perf_counter()
        self.ended = 0.0
        """When the answer was complete (0: not yet); background work may follow."""
        self.status: int | None = None


class _Figures:
    __slots__ = ("errors", "requests", "seconds")

    def __init__(self) -> None:
        self.requests = 0
        self.errors = 0
        self.seconds = 0.0


class Ledger:
    """Counts requests by the name that `name_of` gives them, in at most `max_routes` rows.

    `name_of` may be asked at any time during a flight (a framework knows the route only some way
    into it) and from any thread.
    """

    def __init__(self, name_of: Callable[[Flight], str], *, max_routes: int = 200) -> None:
        self._name_of = name_of
        self._max_routes = max_routes
        self._rows: dict[str, _Figures] = {}
        self._flights: set[Flight] = set()
        self._lock = threading.Lock()
        _watch_forks()
        _ledgers.add(self)

    def enter(self, scope: MutableMapping[str, Any]) -> Flight:
        """A request has come; pass what is returned to `leave` when it ends, however it ends."""
        flight = Flight(scope)
        with self._lock:
            self._flights.add(flight)
        return flight

    def leave(self, flight: Flight, failed: bool) -> None:
        """The request has ended; `failed` if it raised or never answered."""
        ended = flight.ended or perf_counter()
        name = OTHER
        try:
            name = self._name_of(flight)
        finally:  # counted even if it cannot be named
            with self._lock:
                self._flights.discard(flight)
                figures = self._rows.get(name) or self._add(name)
                figures.requests += 1
                figures.seconds += ended - flight.started
                if failed or (flight.status or 0) >= 500:
                    figures.errors += 1

    def rows(self) -> list[RouteRow]:
        """The figures now, the busiest route first."""
        with self._lock:
            flights = list(self._flights)
            counted = {
                name: (figures.requests, figures.errors, figures.seconds)
                for name, figures in self._rows.items()
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

    def _add(self, name: str) -> _Figures:
        # The rows of everything else come on top of the limit: they are always there to be used.
        if len(self._rows) >= self._max_routes and name != UNMATCHED:
            name = OTHER
        return self._rows.setdefault(name, _Figures())

    def _start_again(self) -> None:
        # The child of a fork has none of the parent's requests, and a lock that another thread
        # held at that moment would stay locked for ever.
        self._lock = threading.Lock()
        self._flights = set()


_ledgers: weakref.WeakSet[Ledger] = weakref.WeakSet()


@functools.cache
def _watch_forks() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork)


def _after_fork() -> None:
    for ledger in list(_ledgers):
        ledger._start_again()
