"""This process as one of the workers of its app: registered, listening, its last words kept."""

from __future__ import annotations

import atexit
import functools
import importlib.metadata
import logging
import os
import sys
import weakref
from typing import TYPE_CHECKING, Any

from leakguard.workers import entries, lastwords, places, porter, under_uwsgi
from leakguard.workers.client import list_workers
from leakguard.workers.lives import lives
from leakguard.workers.seat import Seat
from leakguard.workers.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from leakguard.analysis.earlier import Life
    from leakguard.workers.identity import App
    from leakguard.workers.listener import Question, Verb

logger = logging.getLogger("leakguard")


class Worker:
    """Make one where the app is loaded; it does nothing before `join`.

    `figures` gives this worker's few figures now, JSON-able, in well under a second; it is called
    in threads of LeakGuard's own. `verbs` are what the other workers can ask beside "figures" and
    "last", each a function of a `Question`; a `LeakGuardError` that it raises is its answer.

    Whoever makes it keeps it: with it the registration ends. `figures` is asked once more then, for
    the last words, and must not refer to whoever keeps the worker.
    """

    def __init__(
        self, app: App, figures: Callable[[], Mapping[str, Any]], verbs: Mapping[str, Verb]
    ) -> None:
        self.app = app
        self._words = Words(figures)
        self.verbs: Mapping[str, Verb] = {**verbs, "figures": self._say_figures, "last": self._say}
        self._folder = places.app_folder(app.folder)
        self._claims: dict[int, object] = {}
        self._seat: Seat | None = None
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
        if seat is not None:
            seat.tick()

    def keep(self, findings: Mapping[str, Any]) -> None:
        """Make `findings` (as `Findings.to_dict` gives them) those of this worker's last words, and
        write these: whatever happens from now on, the others have them. Raises nothing."""
        self._words.keep(findings)
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
        seat.leave(self._words.last() if trace else None)

    def join_anew(self) -> None:
        """Register once more: the entry is gone. Raises nothing."""
        self.leave()
        self.join(again=True)

    @property
    def stem(self) -> str:
        """What the files of this worker are called; "" while it is not registered."""
        return self._seat.stem if self._seat is not None else ""

    def words(self) -> dict[str, Any]:
        """What would be this worker's last words now."""
        return self._words.now()

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
        self._seat = seat = Seat(self._folder, facts, self._words, self)
        _call_at_exit(facts.pid)
        seat.start()

    def _say_figures(self, question: Question) -> Mapping[str, Any]:
        return self._words.figures()

    def _say(self, question: Question) -> Mapping[str, Any]:
        return lastwords.bounded(self.words())

    def _after_fork(self) -> None:
        self._claims = {}
        self._seat = None
        self._words.forget()


_workers: weakref.WeakSet[Worker] = weakref.WeakSet()


@functools.cache
def _watch_forks() -> None:
    os.register_at_fork(after_in_child=_after_fork)


def _after_fork() -> None:
    porter.let_go()
    for worker in list(_workers):
        worker._after_fork()


@functools.cache
def _call_at_exit(pid: int) -> None:
    atexit.unregister(_leave_all)  # that of the parent of a fork
    atexit.register(_leave_all)
    # A process that multiprocessing has forked ends without that, but calls what it knows itself.
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.Finalize(None, _leave_all, exitpriority=-100)


def _leave_all() -> None:
    for worker in list(_workers):
        worker.leave()
    porter.leave_all()  # of apps that are gone, but were not noticed yet


def _version() -> str:
    try:
        return importlib.metadata.version("leakguard-web")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
