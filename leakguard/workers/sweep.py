"""What workers leave behind is kept for a while, and then removed by whoever comes by."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

from leakguard.workers import entries
from leakguard.workers.places import DEAD, DRAFT, LAST_WORDS, LIVE, SOCKET

if TYPE_CHECKING:
    from pathlib import Path

    from leakguard.workers.entries import Entry

KEPT_SECONDS = 3_600.0
"""How long the last words of a worker that ended are kept."""
KEPT_DEAD = 16
"""Of how many workers of an app that ended they are kept: the last ones."""

_DRAFT_SECONDS = 60.0


def sweep(folder: int, path: Path) -> list[Entry]:
    """The workers of an app, those that live first, the oldest first of each.

    Entries of processes that ended are marked; what is too old or too much is removed. Several
    processes may do so at once: each file is renamed or removed by one of them.
    """
    names = set(os.listdir(folder))
    alive, dead = [], []
    for name in sorted(names):
        if not name.endswith((LIVE, DEAD)):
            continue
        found = entries.read(folder, path, name)
        stem, _ = entries.split(name)
        if name.endswith(LIVE):
            if entries.is_locked(folder, name):
                alive += [found] if found else []
                continue
            entries.bury(folder, stem)
            with contextlib.suppress(OSError):
                os.unlink(stem + SOCKET, dir_fd=folder)
            found = entries.read(folder, path, stem + DEAD)
        if found:
            dead.append(found)
        else:
            _remove(folder, stem)
    dead.sort(key=lambda entry: entry.ended or 0.0, reverse=True)
    too_old = time.time() - KEPT_SECONDS
    kept = [entry for entry in dead[:KEPT_DEAD] if (entry.ended or 0.0) > too_old]
    for entry in dead:
        if entry not in kept:
            _remove(folder, entry.stem)
    known = {entry.stem for entry in [*alive, *kept]}
    _remove_strays(folder, names, known)
    alive.sort(key=lambda entry: (entry.facts.started, entry.pid))
    return [*alive, *reversed(kept)]


def _remove(folder: int, stem: str) -> None:
    for ending in (SOCKET, LAST_WORDS, DEAD):
        with contextlib.suppress(OSError):
            os.unlink(stem + ending, dir_fd=folder)


def _remove_strays(folder: int, names: set[str], known: set[str]) -> None:
    """Files of nobody: of a process that was killed while it registered, or wrote."""
    for name in names:
        stem, ending = entries.split(name)
        if ending in (LIVE, DEAD) or (ending in (SOCKET, LAST_WORDS) and stem in known):
            continue
        with contextlib.suppress(OSError):
            if ending == DRAFT and entries.is_locked(folder, name):
                continue
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if time.time() - found.st_mtime > _DRAFT_SECONDS:
                os.unlink(name, dir_fd=folder)
