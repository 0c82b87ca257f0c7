"""The snapshots of a server: those that are asked for, and those that it takes by itself."""

from __future__ import annotations

import dataclasses
import functools
import logging
import os
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from leakguard import process
from leakguard.endpoint.schedule import Schedule
from leakguard.endpoint.snapshots import Snapshots, Taken, Turn
from leakguard.endpoint.timeline import Timeline
from leakguard.errors import AnalysisError
from leakguard.settings import MAX_TOP
from leakguard.workers import native

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from leakguard.analyser import Examined
    from leakguard.analysis.earlier import Life
    from leakguard.analysis.findings import Findings
    from leakguard.endpoint.timeline import Kept
    from leakguard.settings import Settings

logger = logging.getLogger("leakguard")

TERMS_SECONDS = 10.0
"""Between two points of the resident memory's history; the first ones come closer together, so that
there is a trend within a minute."""
_FIRST_SECONDS, _FIRST_POINTS = 2.0, 15
_COSTS = 8
_PAUSE_OF_LOOKS = 200
"""However slow the machine, there is so much time between two looks that they take this part."""


class Running(NamedTuple):
    """A snapshot that runs since `began` (of the watch's clock): the `share` of the heap that was
    walked, 0 to 1."""

    began: float
    share: float = 0.0


class Watch:
    """Takes snapshots one at a time and remembers what they told.

    `requests` gives how many have ended of each route. `prepare` is called before the first: what
    an answer will load is not to look like growth. `examine` is `leakguard.pipeline.examine_with`
    unless a test has another one.
    """

    def __init__(
        self,
        settings: Settings,
        requests: Callable[[], Mapping[str, int]],
        examine: Callable[..., Examined] | None = None,
        *,
        prepare: Callable[[], object] | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._settings = settings
        self._requests = requests
        self._examine = examine
        self._prepare = prepare
        self._clock = clock
        turn = Turn()
        self.reports = Snapshots(self._report, cooldown=settings.cooldown, turn=turn, clock=clock)
        self.baselines = Snapshots(self._begin, cooldown=0, turn=turn, clock=clock)
        self._marks = Snapshots(self._mark, cooldown=0, turn=turn, clock=clock)
        self.timeline = Timeline(clock)
        self._schedule = Schedule()
        self._pid = os.getpid()
        self._newest: tuple[int, Taken[Findings]] | None = None
        self._costs: deque[tuple[float, float]] = deque(maxlen=_COSTS)
        self._running: tuple[int, Running] | None = None
        self._next_terms = 0.0
        self._look_seconds: float | None = None
        self._ticking = native.lock()
        self._has_compared = False
        self.lives: Callable[[], tuple[Life, ...]] = tuple
        """Gives the lives of the workers that ended before this one."""
        self.on_findings: Callable[[Findings], object] | None = None
        """Called with what each snapshot told, asked for or not, in the thread that took it; not
        with a baseline that was taken by itself and tells less than those before it."""

        self.keep_image: Callable[..., object] | None = None
        """Called with the file of the image, what it told, and whether it is the `baseline`, of
        what was asked for and of baselines."""

    @property
    def newest(self) -> Taken[Findings] | None:
        """What the last snapshot told, whoever asked for it; None while there is none."""
        known = self._newest
        return known[1] if known is not None and known[0] == os.getpid() else None

    @property
    def costs(self) -> tuple[tuple[float, float], ...]:
        """For how many seconds the last few snapshots paused the process, and took in all."""
        return tuple(self._costs)

    @property
    def running(self) -> Running | None:
        """The snapshot that is being taken, whoever asked for it; None while there is none."""
        known = self._running
        return known[1] if known is not None and known[0] == os.getpid() else None

    def now(self) -> float:
        """Seconds of the watch's clock, as they are in `Taken.at`."""
        return self._clock()

    def tick(self) -> None:
        """To be called out of a request, at most once a second; anything that takes time happens
        in another thread. Without requests there are no ticks, and nothing is taken."""
        if self._pid != os.getpid():
            self._pid, self._schedule = os.getpid(), Schedule()
            self._next_terms, self._ticking = 0.0, native.lock()
            self._has_compared = False
        now = self._clock()
        requests = sum(self._requests().values())
        self._schedule.see(now, requests)
        due = self._settings.baseline and self._schedule.is_due(now, requests, self.timeline.kept())
        if not due and now < self._next_terms:
            return
        few = len(self.timeline.history.points()) < _FIRST_POINTS
        pause = _FIRST_SECONDS if few else TERMS_SECONDS
        self._next_terms = now + max(pause, _PAUSE_OF_LOOKS * (self._look_seconds or 0.0))
        if not self._ticking.acquire(blocking=False):
            return
        try:
            look = functools.partial(self._look, due, self._ticking)
            native.start_thread(look, "leakguard-watch")
        except RuntimeError:
            self._ticking.release()  # no thread to be had: the next tick tries again

    def _look(self, due: bool, ticking: Any) -> None:
        try:
            began = self._clock()
            self.timeline.history.add(process.terms())
            took = self._clock() - began
            # The shortest: in others another thread may have held the GIL.
            self._look_seconds = min(took, self._look_seconds or took)
            self._schedule.looked(self._look_seconds)
            if due:
                began = self._clock()
                native.result(self._marks.get())
                now = self._clock()
                self._schedule.taken(now, now - began, len(self.timeline.kept()))
        except Exception:
            logger.exception("LeakGuard could not look at the process")
        finally:
            ticking.release()

    def _report(self, cancel: threading.Event) -> Findings:
        routes = dict(self._requests())
        examined = self._take(cancel, routes)
        if examined.summary is not None:
            self.timeline.add(examined.summary, routes)
        return examined.findings

    def _begin(self, cancel: threading.Event) -> Kept:
        kept = self._keep(cancel, begins=True, chosen=True)
        self.reports.forget()  # they were held against another baseline
        return kept

    def _mark(self, cancel: threading.Event) -> Kept:
        return self._keep(cancel, begins=self._schedule.starts_over(self.timeline.kept()))

    def _keep(self, cancel: threading.Event, *, begins: bool, chosen: bool = False) -> Kept:
        routes = dict(self._requests())
        examined = self._take(cancel, routes, begins=begins, chosen=chosen, by_itself=not chosen)
        if examined.summary is None:
            raise AnalysisError("the snapshot cannot be compared with others")
        keep = self.timeline.begin if begins else self.timeline.add
        return keep(examined.summary, routes, chosen=chosen)

    def _take(
        self,
        cancel: threading.Event,
        routes: Mapping[str, int],
        *,
        begins: bool = False,
        chosen: bool = False,
        by_itself: bool = False,
    ) -> Examined:
        if self._examine is None:
            # Not before the first snapshot: the start of an app need not load all that.
            from leakguard import pipeline

            self._examine = pipeline.examine_with
        if self._prepare is not None:
            self._prepare()
            self._prepare = None
        evidence = self.timeline.evidence(routes)
        if begins:
            evidence = evidence.without_summaries()
        evidence = dataclasses.replace(evidence, lives=self.lives())
        # As many suspects as anyone may ask for: the answers to several readers are cut from it.
        pid, began = os.getpid(), self._clock()
        self._running = pid, Running(began)

        def walked(share: float) -> None:
            self._running = pid, Running(began, share)

        try:
            examined = self._examine(
                evidence,
                top=MAX_TOP,
                timeout=self._settings.timeout,
                memory_limit=self._settings.memory_limit,
                on_progress=walked,
                cancel=cancel,
                keep=self._kept(begins=begins, by_itself=by_itself),
            )
        finally:
            self._running = None
        snapshot = examined.findings.snapshot
        self._newest = os.getpid(), Taken(examined.findings, self._clock())
        self._costs.append((snapshot.pause_seconds, snapshot.wall_seconds))
        heap_bytes = examined.findings.allocated_bytes
        self.timeline.history.add(process.terms().with_heap(heap_bytes))
        growth = examined.findings.growth
        compared = growth is not None and growth.intervals > 0
        if self.on_findings is not None and (compared or chosen or not self._has_compared):
            self.on_findings(examined.findings)
        self._has_compared = compared or (self._has_compared and not chosen)
        return examined

    def _kept(self, *, begins: bool, by_itself: bool) -> Callable[..., object] | None:
        """What to do with the image of a snapshot that is taken now."""
        baseline = begins or not self.timeline.kept()
        if self.keep_image is None or (by_itself and not baseline):
            return None
        return functools.partial(self.keep_image, baseline=baseline)
