"""One snapshot at a time: whoever asks while one runs shares it; a fresh one is kept a while."""

from __future__ import annotations

import atexit
import functools
import logging
import os
import threading
import weakref
from concurrent.futures import Future
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from leakguard.errors import LeakGuardError
from leakguard.workers import native

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

logger = logging.getLogger("leakguard")


@dataclass(frozen=True, slots=True)
class Taken(Generic[Result]):
    """What a snapshot gave, and when (on the monotonic clock) it was complete."""

    result: Result
    at: float


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing: `status` and `message` are for the reader; the log has the rest."""

    status: int
    message: str


class Turn:
    """One at a time, among all that share it; after a fork the child has one of its own."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lock = native.lock()

    def lock(self) -> Any:
        """What to hold meanwhile."""
        if self._pid != os.getpid():
            self._pid, self._lock = os.getpid(), native.lock()
        return self._lock


class Snapshots(Generic[Result]):
    """Runs `examine(cancel)`, which blocks, in a thread of its own, when its `turn` has come.

    The thread outlives whoever asked: the captured child is tied to the thread that forked it, so
    that thread stays until `examine` has returned. It is a daemon, so that a server which stops
    does not wait for it, and `cancel` is set then.
    """

    def __init__(
        self,
        examine: Callable[[threading.Event], Result],
        *,
        cooldown: float,
        turn: Turn | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._examine = examine
        self._cooldown = cooldown
        self._turn = turn or Turn()
        self._clock = clock
        self._pid = os.getpid()
        self._lock = native.lock()
        self._running: Future[Taken[Result] | Failed] | None = None
        self._last: Taken[Result] | None = None

    def get(self) -> Future[Taken[Result] | Failed]:
        """The snapshot that runs, the last one if it is fresh enough, or else a new one.

        The future is shared: nobody may cancel it. It never holds an exception.
        """
        if self._pid != os.getpid():
            # Forked since: the parent's thread does not run here, its findings are not ours.
            self._pid, self._lock = os.getpid(), native.lock()
            self._running = self._last = None
        with self._lock:
            if self._running is not None:
                return self._running
            if self._last is not None and self._clock() - self._last.at < self._cooldown:
                kept: Future[Taken[Result] | Failed] = Future()
                kept.set_result(self._last)
                return kept
            running: Future[Taken[Result] | Failed] = Future()
            running.set_running_or_notify_cancel()  # from here on cancel() has no effect
            self._running = running
        try:
            native.start_thread(functools.partial(self._run, running), "leakguard-snapshot")
        except RuntimeError as error:
            self._finish(running, _failure(error))
        return running

    def forget(self) -> None:
        """The last one is no answer any more."""
        with self._lock:
            self._last = None

    def now(self) -> float:
        """The time by the clock of `Taken.at`."""
        return self._clock()

    def _run(self, running: Future[Taken[Result] | Failed]) -> None:
        cancel = threading.Event()
        _cancels().add(cancel)
        outcome: Taken[Result] | Failed
        try:
            with self._turn.lock():
                result = self._examine(cancel)
            outcome = Taken(result, self._clock())
        except BaseException as error:
            # Everything: an outcome must be set, or all who wait would wait for ever.
            outcome = _failure(error)
        self._finish(running, outcome)

    def _finish(
        self, running: Future[Taken[Result] | Failed], outcome: Taken[Result] | Failed
    ) -> None:
        with self._lock:
            self._running = None
            # A failure is not kept: the next request tries again.
            self._last = outcome if isinstance(outcome, Taken) else None
        running.set_result(outcome)


def _failure(error: BaseException) -> Failed:
    if isinstance(error, LeakGuardError):
        logger.warning("no snapshot: %s", error)
        return Failed(503, f"No snapshot: {error}")
    logger.error("the snapshot failed", exc_info=error)
    # The text of an error that is not ours may hold a value of the app.
    return Failed(
        500, f"The snapshot failed ({type(error).__name__}); the server's log has the details."
    )


@functools.cache
def _cancels() -> weakref.WeakSet[threading.Event]:
    """What to set when the process ends, for the snapshots that run then."""
    events: weakref.WeakSet[threading.Event] = weakref.WeakSet()

    @atexit.register
    def cancel_all() -> None:
        for event in list(events):
            event.set()

    return events
