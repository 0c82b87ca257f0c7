"""This process as one of the workers of its app: registered, listening, its last words kept."""

from __future__ import annotations

import atexit
import functools
import importlib.metadata
import logging
import os
import sys
import time
import weakref
from time import monotonic
from typing import TYPE_CHECKING, Any

from leakguard.workers import entries, lastwords, places, under_uwsgi
from leakguard.workers.client import list_workers
from leakguard.workers.lives import lives
from leakguard.workers.seat import Seat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from leakguard.analysis.earlier import Life
    from leakguard.workers.identity import App
    from leakguard.workers.listener import Question, Verb

logger = logging.getLogger("leakguard")

WRITTEN_SECONDS = 1.0
"""Between two times that the last words are written, while there are requests."""
_PAUSE_OF_WRITING = 200
"""However long it takes, so many times as long lies between two."""
_CALM = 3
"""So many looks without a new request, and the thread sleeps until the next one."""


class Worker:
    """Make one where the app is loaded; it does nothing before `join`.

    `figures` gives this worker's few figures now, JSON-able, in well under a second; it is called
    in threads of LeakGuard's own. `verbs` are what the other workers can ask beside "figures" and
    "last", each a function of a `Question`; a `LeakGuardError` that it raises is its answer.
    """

    def __init__(
        self, app: App, figures: Callable[[], Mapping[str, Any]], verbs: Mapping[str, Verb]
    ) -> None:
        self.app = app
        self._figures = figures
        self._verbs: dict[str, Verb] = {**verbs, "figures": self._say_figures, "last": self._say}
        self._folder = places.app_folder(app.folder)
        self._claims: dict[int, object] = {}
        self._seat: Seat | None = None
        self._told: object = None  # the requests in the last words as they are written
        self._calm = _CALM
        self._findings: Mapping[str, Any] | None = None
        self._findings_at: float | None = None
        _watch_forks()
        _workers.add(self)

    def join(self, *, again: bool = False) -> None:
        """Register this process and listen. Costs nothing the second time; raises nothing.

        In the child of a fork the first call registers it anew. Call it in a process that serves:
        where it is called a thread starts. After `leave` it does nothing unless `again`: the last
        requests of a server that stops are no reason to come back.
        """
        pid = os.getpid()
        if again and self._seat is None:
            self._claims.clear()
        if pid in self._claims:
            return
        mine = object()
        if self._claims.setdefault(pid, mine) is not mine:
            return
        try:
            self._register()
        except Exception as error:
            # The app is served all the same; its workers do not know of this one.
            logger.warning("this worker is not known to the others of %s: %s", self.app.name, error)

    def tick(self) -> None:
        """Have the last words written soon and as long as there are requests, by a thread of
        LeakGuard's own. To be called out of a request now and then; costs a microsecond."""
        seat = self._seat
        if seat is not None and seat.listener is not None and self._calm >= _CALM:
            seat.listener.wake()

    def keep(self, findings: Mapping[str, Any]) -> None:
        """Make `findings` (as `Findings.to_dict` gives them) those of this worker's last words, and
        write these: whatever happens from now on, the others have them. Raises nothing."""
        self._findings, self._findings_at = findings, time.time()
        seat = self._seat
        if seat is None or seat.pid != os.getpid():
            return
        try:
            seat.write(self.words())
        except Exception as error:
            logger.debug("the last words are not written yet", exc_info=error)
            self.tick()

    def leave(self, *, trace: bool = True) -> None:
        """Say the last words, and that the process stops by itself. Raises nothing.

        Without a `trace` nothing is left: of a process for one job, the next one would be too much.
        """
        seat = self._seat
        if seat is None or seat.pid != os.getpid():
            return
        self._seat = None
        words = None
        if trace:
            try:
                words = self.words(leaving=True)
            except Exception as error:
                logger.debug("no last figures", exc_info=error)
                words = self._words({}, leaving=True)
        seat.leave(words)

    @property
    def stem(self) -> str:
        """What the files of this worker are called; "" while it is not registered."""
        return self._seat.stem if self._seat is not None else ""

    def words(self, *, leaving: bool = False) -> dict[str, Any]:
        """What would be this worker's last words now."""
        return self._words(self._figures(), leaving=leaving)

    def _words(self, figures: Mapping[str, Any], *, leaving: bool) -> dict[str, Any]:
        return {
            "at": time.time(),
            "leaving": leaving,
            "master": entries.master(),
            "figures": dict(figures),
            "findings": self._findings,
            "findings_at": self._findings_at,
        }

    def lives(self) -> tuple[Life, ...]:
        """Those of the workers that ended before, as far as they ran the same code. Blocks for some
        milliseconds; raises nothing."""
        try:
            return lives(list_workers(self.app.folder), _version())
        except Exception as error:
            logger.debug("the workers before this one are not known", exc_info=error)
            return ()

    def _register(self) -> None:
        under_uwsgi.warn_once()
        facts = entries.facts_of_this_process(self.app.name, _version())
        self._seat = seat = Seat(self._folder, facts, self._verbs, self._on_wake)
        _call_at_exit(weakref.ref(self))
        if seat.listener is not None:
            seat.listener.start()
            seat.listener.wake()

    def _on_wake(self) -> float | None:
        """In the listener's thread: what takes time, and may be late. When to call it again, in
        seconds; None for at the next tick.

        A server may end in a way that runs nothing of ours: the last words are to be those of the
        last second, however it ends.
        """
        seat = self._seat
        if seat is None:
            return None
        if self._calm >= _CALM:
            self._calm = 0
        began = monotonic()
        words = self.words()
        requests = words["figures"].get("requests")
        try:
            seat.write(words)
        except FileNotFoundError:
            # Something that clears old files was here: register anew.
            self.leave()
            self.join(again=True)
            return None
        took = monotonic() - began
        self._calm = 0 if requests != self._told else self._calm + 1
        self._told = requests
        # A request that is counted after this look finds it calm, and its tick wakes the thread.
        if self._calm < _CALM or self._figures().get("requests") != requests:
            self._calm = min(self._calm, _CALM - 1)
            return max(WRITTEN_SECONDS, _PAUSE_OF_WRITING * took)
        return None

    def _say_figures(self, question: Question) -> Mapping[str, Any]:
        return self._figures()

    def _say(self, question: Question) -> Mapping[str, Any]:
        return lastwords.bounded(self.words())

    def _after_fork(self) -> None:
        seat = self._seat
        self._claims = {}
        self._seat = None
        self._findings = self._findings_at = self._told = None
        self._calm = _CALM
        if seat is not None:
            seat.let_go()


_workers: weakref.WeakSet[Worker] = weakref.WeakSet()


@functools.cache
def _watch_forks() -> None:
    os.register_at_fork(after_in_child=_after_fork)


def _after_fork() -> None:
    for worker in list(_workers):
        worker._after_fork()


def _leave(reference: weakref.ref[Worker]) -> None:
    worker = reference()
    if worker is not None:
        worker.leave()


def _call_at_exit(worker: weakref.ref[Worker]) -> None:
    atexit.register(_leave, worker)
    # A process that multiprocessing has forked ends without that, but calls what it knows itself.
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.Finalize(None, _leave, (worker,), exitpriority=-100)


def _version() -> str:
    try:
        return importlib.metadata.version("leakguard-web")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
