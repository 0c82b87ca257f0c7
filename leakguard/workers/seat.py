"""A registration: of which process, its files, the descriptor that holds the lock, its listener.

The porter holds it, and it refers to its worker weakly: with the app the worker is gone, and then
the registration ends.
"""

from __future__ import annotations

import contextlib
import logging
import os
import weakref
from time import monotonic
from typing import TYPE_CHECKING, Any

from leakguard.errors import LeakGuardError
from leakguard.workers import entries, lastwords, native, places
from leakguard.workers.listener import Listener
from leakguard.workers.porter import porter
from leakguard.workers.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from leakguard.workers.entries import Facts
    from leakguard.workers.listener import Verb
    from leakguard.workers.words import Words
    from leakguard.workers.worker import Worker

logger = logging.getLogger("leakguard")

WRITTEN_SECONDS = 1.0
"""Between two times that the last words are written, while there are requests."""
_PAUSE_OF_WRITING = 200
"""However long it takes, so many times as long lies between two."""
_CALM = 3
"""So many looks without a new request, and the seat sleeps until the next one."""
_TRIES = 5


class Seat:
    """Taken in the folder `path` by the process of these `facts` for a `worker`; when that is gone,
    it is left with the last of its `words`.

    OSError or LeakGuardError if nothing can be kept there. Where only the socket fails there is no
    `listener`, and a warning.
    """

    def __init__(self, path: Path, facts: Facts, words: Words, worker: Worker) -> None:
        self.pid = facts.pid
        self._path = path
        self._words = words
        self._writing = native.lock()
        self._has_swept = False
        self._told: object = None  # the requests in the last words as they are written
        self._calm = _CALM
        self.is_left = False
        """For good. Its listener is closed by the porter."""
        self.listener: Listener | None = None
        self._lock: int | None = None
        self._porter = porter()
        for attempt in range(_TRIES):
            try:
                with places.opened_folder(path, create=True) as folder:
                    self.stem, self._lock = entries.publish(folder, facts)
                    self.listener = _listener(folder, self.stem, self._verbs)
                break
            except FileNotFoundError:
                # Somebody removed the empty folder in between.
                if attempt == _TRIES - 1:
                    raise
        # The callback runs wherever the last reference goes, as while garbage is collected: it may
        # take no lock, and do nothing else of weight.
        self._worker: Callable[[], Worker | None] = weakref.ref(worker, lambda _: self.wake())

    def start(self) -> None:
        """Listen, and be cared for. RuntimeError if the system has no thread left."""
        self._porter.add(self)

    def wake(self) -> None:
        """Have `on_wake` called soon. Costs a microsecond; any thread may, at any moment."""
        self._porter.wake(self)

    def tick(self) -> None:
        """Have the last words written soon and as long as there are requests. To be called out of
        a request now and then; costs a microsecond."""
        if self._calm >= _CALM:
            self.wake()

    def on_wake(self) -> float | None:
        """In the porter's thread: what takes time, and may be late. When to call it again, in
        seconds; None for when it is woken next. The worker is not held meanwhile: what is dropped
        at this moment is collected.

        A server may end in a way that runs nothing of ours: the last words are to be those of the
        last second, however it ends.
        """
        if self._worker() is None:
            self.leave(self._words.last())
            return None
        if self._calm >= _CALM:
            self._calm = 0
        began = monotonic()
        words = self._words.now()
        requests = words["figures"].get("requests")
        try:
            self.write(words)
        except FileNotFoundError:
            # Something that clears old files was here.
            worker = self._worker()
            if worker is not None:
                worker.join_anew()
            return None
        took = monotonic() - began
        self._calm = 0 if requests != self._told else self._calm + 1
        self._told = requests
        # A request that is counted after this look finds it calm, and its tick wakes the thread.
        if self._calm < _CALM or self._words.figures().get("requests") != requests:
            self._calm = min(self._calm, _CALM - 1)
            return max(WRITTEN_SECONDS, _PAUSE_OF_WRITING * took)
        return None

    def write(self, words: Mapping[str, Any]) -> None:
        """Make these the last words; nothing once it is left. FileNotFoundError if the entry was
        removed, OSError if the disk does not take them."""
        with self._writing, places.opened_folder(self._path, create=False) as folder:
            if self.is_left:
                return
            os.stat(self.stem + places.LIVE, dir_fd=folder, follow_symlinks=False)
            lastwords.write(folder, self.stem, words)
            if not self._has_swept:
                self._has_swept = True
                sweep(folder, self._path)

    def leave(self, words: Mapping[str, Any] | None) -> None:
        """Give it up with these last words, or without a trace; nothing the second time. Raises
        nothing."""
        with self._writing:  # what another thread writes at this moment comes first
            if self.is_left:
                return
            self.is_left = True
            try:
                with places.opened_folder(self._path, create=False) as folder:
                    if words is None:
                        entries.remove(folder, self.stem)
                    else:
                        lastwords.write(folder, self.stem, words)
                        entries.bury(folder, self.stem)
                    with contextlib.suppress(OSError):
                        os.unlink(self.stem + places.SOCKET, dir_fd=folder)
            except Exception as error:
                logger.debug("no last words", exc_info=error)
            # By the time of a fork the number may be another file's.
            lock, self._lock = self._lock, None
            if lock is not None:
                os.close(lock)
        self._worker = _nobody
        self.wake()

    def leave_at_exit(self) -> None:
        """Give it up where the process ends, if that has not happened yet."""
        self.leave(self._words.last())

    def let_go(self) -> None:
        """Close what the child of a fork has of its parent's, whose seat it stays."""
        # The parent's lock is held as long as any descriptor of it is open: close, never unlock.
        if self._lock is not None:
            with contextlib.suppress(OSError):
                os.close(self._lock)
        if self.listener is not None:
            self.listener.close()

    def _verbs(self) -> Mapping[str, Verb]:
        worker = self._worker()
        if worker is None:
            raise LeakGuardError("the app of this worker is gone")
        return worker.verbs


def _nobody() -> None:
    return None


def _listener(folder: int, stem: str, verbs: Callable[[], Mapping[str, Verb]]) -> Listener | None:
    try:
        return Listener(places.socket_address(folder, stem), verbs)
    except OSError as error:
        logger.warning("the other workers cannot ask this one: %s", error)
        return None
