"""What the server remembers of earlier snapshots: their summaries, bounded, for one process."""

from __future__ import annotations

import gc
import os
import time
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from leakguard import process
from leakguard.analysis.evidence import Evidence
from leakguard.workers import native

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_KEPT = 24
MAX_BYTES = 4 << 20
"""Together the summaries take at most this much, whatever the heap."""
LEAST_REQUESTS = 10
"""A snapshot with fewer requests since the last one tells nothing new, and is not kept."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one snapshot.

    `at` is on the monotonic clock, `created` in seconds since the epoch; `routes` are the requests
    of each route that had ended. Somebody has `chosen` it as the baseline.
    """

    id: int
    at: float
    created: float
    routes: Mapping[str, int]
    summary: bytes
    chosen: bool = False

    @property
    def requests(self) -> int:
        """All requests that had ended."""
        return sum(self.routes.values())


class Timeline:
    """At most 24 snapshots in at most 4 MB; the first is the baseline and stays.

    When it is full one of the middle goes: the one whose neighbours are closest for its age. Any
    thread may ask. The child of a fork starts with nothing.

    What was there before a new baseline is compared with until there has been work after it: a
    leak that was seen to grow is not to be forgotten for as long as nothing can be said instead.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self.started = clock()
        self._start_again()

    def _start_again(self) -> None:
        self._pid = os.getpid()
        self._lock = native.lock()
        self._kept: list[Kept] = []
        self._before: tuple[Kept, ...] = ()
        self._next_id = 1
        self._history = process.History()

    def _own(self) -> None:
        if self._pid != os.getpid():
            self._start_again()

    def kept(self) -> tuple[Kept, ...]:
        """The snapshots, oldest first."""
        self._own()
        with self._lock:
            return tuple(self._kept)

    @property
    def history(self) -> process.History:
        """The terms of the resident memory over time."""
        self._own()
        return self._history

    def evidence(self, routes: Mapping[str, int]) -> Evidence:
        """What is known beside an image that is taken now, when `routes` have ended."""
        kept = self._comparable(sum(routes.values()))
        return Evidence(
            summaries=tuple(one.summary for one in kept),
            requests=sum(routes.values()),
            routes=routes,
            routes_before=kept[0].routes if kept else {},
            routes_at=tuple(one.routes for one in kept),
            terms=process.moves(self.history),
            uptime_seconds=self._clock() - self.started,
            collects=gc.isenabled() and gc.get_threshold()[0] > 0,
        )

    def _comparable(self, requests: int) -> tuple[Kept, ...]:
        self._own()
        with self._lock:
            if self._before and self._kept and requests - self._kept[0].requests < LEAST_REQUESTS:
                return self._before
            self._before = ()
            return tuple(self._kept)

    def add(self, summary: bytes, routes: Mapping[str, int], *, chosen: bool = False) -> Kept:
        """Keep a snapshot; one with too few requests since the last is passed over for that."""
        self._own()
        with self._lock:
            if self._kept and sum(routes.values()) - self._kept[-1].requests < LEAST_REQUESTS:
                return self._kept[-1]
            kept = Kept(self._next_id, self._clock(), time.time(), dict(routes), summary, chosen)
            self._next_id += 1
            self._kept.append(kept)
            while len(self._kept) > 2 and self._is_too_much():
                del self._kept[self._most_needless()]
            return kept

    def begin(self, summary: bytes, routes: Mapping[str, int], *, chosen: bool = False) -> Kept:
        """Keep a snapshot as the new baseline instead of those before it; their ids are not used
        again. One that somebody has `chosen` is compared with from now on, whatever was before."""
        self._own()
        with self._lock:
            self._before = () if chosen else tuple(self._kept)
            self._kept.clear()
        return self.add(summary, routes, chosen=chosen)

    def find(self, name: str) -> Kept:
        """The snapshot of that id, the "baseline" or the "latest". Raises KeyError for another."""
        kept = self.kept()
        if kept and name in ("baseline", "latest"):
            return kept[0 if name == "baseline" else -1]
        for one in kept:
            if name == str(one.id):
                return one
        raise KeyError(name)

    def _is_too_much(self) -> bool:
        return len(self._kept) > MAX_KEPT or sum(len(k.summary) for k in self._kept) > MAX_BYTES

    def _most_needless(self) -> int:
        kept, now = self._kept, self._kept[-1].at

        def loss(at: int) -> float:
            return (kept[at + 1].at - kept[at - 1].at) / max(now - kept[at].at, 1e-3)

        return min(range(1, len(kept) - 1), key=loss)
