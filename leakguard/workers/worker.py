"""This process as one of the workers of its app: registered, listening, its last words kept."""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib.metadata
import logging
import os
import time
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from leakguard.workers import entries, lastwords, native, places
from leakguard.workers.client import list_workers
from leakguard.workers.listener import Listener
from leakguard.workers.lives import lives
from leakguard.workers.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from leakguard.analysis.earlier import Life
    from leakguard.workers.identity import App
    from leakguard.workers.listener import Question, Verb

logger = logging.getLogger("leakguard")

_TRIES = 5


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
        self._seat: _Seat | None = None
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
        """Have the last words written soon, by a thread of LeakGuard's own."""
        seat = self._seat
        if seat is not None and seat.listener is not None:
            seat.listener.wake()

    def keep(self, findings: Mapping[str, Any]) -> None:
        """Make `findings` (as `Findings.to_dict` gives them) those of this worker's last words."""
        self._findings, self._findings_at = findings, time.time()
        self.tick()

    def leave(self, *, trace: bool = True) -> None:
        """Say the last words, and that the process stops by itself. Raises nothing.

        Without a `trace` nothing is left: of a process for one job, the next one would be too much.
        """
        seat = self._seat
        if seat is None or seat.pid != os.getpid():
            return
        self._seat = None
        with seat.writing:  # what the listener's thread writes at this moment comes first
            try:
                with places.opened_folder(self._folder, create=False) as folder:
                    if trace:
                        lastwords.write(folder, seat.stem, self.words(leaving=True))
                        entries.bury(folder, seat.stem)
                    else:
                        entries.remove(folder, seat.stem)
                    with contextlib.suppress(OSError):
                        os.unlink(seat.stem + places.SOCKET, dir_fd=folder)
            except Exception as error:
                logger.debug("no last words", exc_info=error)
        if seat.listener is not None:
            seat.listener.stop()
        os.close(seat.lock)

    @property
    def stem(self) -> str:
        """What the files of this worker are called; "" while it is not registered."""
        return self._seat.stem if self._seat is not None else ""

    def words(self, *, leaving: bool = False) -> dict[str, Any]:
        """What would be this worker's last words now."""
        return {
            "at": time.time(),
            "leaving": leaving,
            "master": entries.master(),
            "figures": dict(self._figures()),
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
        facts = entries.facts_of_this_process(self.app.name, _version())
        for attempt in range(_TRIES):
            try:
                with places.opened_folder(self._folder, create=True) as folder:
                    stem, lock = entries.publish(folder, facts)
                    self._seat = _Seat(facts.pid, stem, lock, self._listener(folder, stem))
                break
            except FileNotFoundError:
                # Somebody removed the empty folder in between.
                if attempt == _TRIES - 1:
                    raise
        atexit.register(_leave, weakref.ref(self))
        if self._seat is not None and self._seat.listener is not None:
            self._seat.listener.start()
            self._seat.listener.wake()

    def _listener(self, folder: int, stem: str) -> Listener | None:
        try:
            return Listener(places.socket_address(folder, stem), self._verbs, self._on_wake)
        except OSError as error:
            logger.warning("the other workers cannot ask this one: %s", error)
            return None

    def _on_wake(self) -> None:
        """In the listener's thread: what takes time, and may be late."""
        seat = self._seat
        if seat is None:
            return
        words = self.words()
        try:
            with seat.writing, places.opened_folder(self._folder, create=False) as folder:
                if self._seat is not seat:
                    return
                os.stat(seat.stem + places.LIVE, dir_fd=folder, follow_symlinks=False)
                lastwords.write(folder, seat.stem, words)
                if not seat.has_swept:
                    seat.has_swept = True
                    sweep(folder, self._folder)
        except FileNotFoundError:
            # Something that clears old files was here: register anew.
            self.leave()
            self.join(again=True)

    def _say_figures(self, question: Question) -> Mapping[str, Any]:
        return self._figures()

    def _say(self, question: Question) -> Mapping[str, Any]:
        return lastwords.bounded(self.words())

    def _start_again(self) -> None:
        self._claims = {}
        self._seat = None

    def _after_fork(self) -> None:
        seat = self._seat
        self._start_again()
        self._findings = self._findings_at = None
        if seat is None:
            return
        # The parent's lock is held as long as any descriptor of it is open: close, never unlock.
        with contextlib.suppress(OSError):
            os.close(seat.lock)
        with contextlib.suppress(OSError):
            if seat.listener is not None:
                seat.listener.close()


@dataclass(slots=True)
class _Seat:
    """A registration: of which process, its files, the descriptor that holds the lock."""

    pid: int
    stem: str
    lock: int
    listener: Listener | None
    writing: Any = field(default_factory=native.lock)
    has_swept: bool = False


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


def _version() -> str:
    try:
        return importlib.metadata.version("leakguard-web")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
