"""A registration: of which process, its files, the descriptor that holds the lock, its listener."""

from __future__ import annotations

import contextlib
import logging
import os
from typing import TYPE_CHECKING, Any

from leakguard.workers import entries, lastwords, native, places
from leakguard.workers.listener import Listener
from leakguard.workers.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from leakguard.workers.entries import Facts
    from leakguard.workers.listener import Verb

logger = logging.getLogger("leakguard")

_TRIES = 5


class Seat:
    """Taken in the folder `path` by the process of these `facts`, which then listens; `on_wake` is
    what its listener calls.

    OSError or LeakGuardError if nothing can be kept there. Where only the socket fails there is no
    `listener`, and a warning.
    """

    def __init__(
        self,
        path: Path,
        facts: Facts,
        verbs: Mapping[str, Verb],
        on_wake: Callable[[], float | None],
    ) -> None:
        self.pid = facts.pid
        self._path = path
        self._writing = native.lock()
        self._has_swept = self._is_left = False
        self.listener: Listener | None = None
        for attempt in range(_TRIES):
            try:
                with places.opened_folder(path, create=True) as folder:
                    self.stem, self._lock = entries.publish(folder, facts)
                    self.listener = _listener(folder, self.stem, verbs, on_wake)
                break
            except FileNotFoundError:
                # Somebody removed the empty folder in between.
                if attempt == _TRIES - 1:
                    raise

    def write(self, words: Mapping[str, Any]) -> None:
        """Make these the last words; nothing once it is left. FileNotFoundError if the entry was
        removed, OSError if the disk does not take them."""
        with self._writing, places.opened_folder(self._path, create=False) as folder:
            if self._is_left:
                return
            os.stat(self.stem + places.LIVE, dir_fd=folder, follow_symlinks=False)
            lastwords.write(folder, self.stem, words)
            if not self._has_swept:
                self._has_swept = True
                sweep(folder, self._path)

    def leave(self, words: Mapping[str, Any] | None) -> None:
        """Give it up with these last words, or without a trace. Raises nothing."""
        with self._writing:  # what another thread writes at this moment comes first
            self._is_left = True
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
        if self.listener is not None:
            self.listener.stop()
        os.close(self._lock)

    def let_go(self) -> None:
        """Close what the child of a fork has of its parent's, whose seat it stays."""
        # The parent's lock is held as long as any descriptor of it is open: close, never unlock.
        with contextlib.suppress(OSError):
            os.close(self._lock)
        with contextlib.suppress(OSError):
            if self.listener is not None:
                self.listener.close()


def _listener(
    folder: int, stem: str, verbs: Mapping[str, Verb], on_wake: Callable[[], float | None]
) -> Listener | None:
    try:
        return Listener(places.socket_address(folder, stem), verbs, on_wake)
    except OSError as error:
        logger.warning("the other workers cannot ask this one: %s", error)
        return None
