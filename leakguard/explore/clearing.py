"""Kept images that have had their time: too many, too large, or of processes that are gone."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

from leakguard import workers
from leakguard.errors import LeakGuardError
from leakguard.explore.shelf import IMAGE, KNOWN, Kept, Shelf, kept_in
from leakguard.private_dir import below, directory, opened

if TYPE_CHECKING:
    from collections.abc import Collection

MOST_BASELINES = 4
"""Each worker has one of its own."""
KEPT_SECONDS = 3_600.0
"""How long the images of a process that has ended are kept while the app goes on."""
_STRAY_SECONDS = 60.0
_SAME_SECONDS = 2.0
_ENDINGS = (IMAGE, KNOWN, ".sock", ".lock", ".draft")

Process = tuple[int, float]
"""A pid, and when the process started, in Unix time."""


def living(shelf: Shelf) -> list[Process]:
    """The workers of the shelf's app that live, this process among them."""
    entries = workers.list_workers(shelf.name)
    found = [(entry.pid, entry.facts.started) for entry in entries if entry.alive]
    return [*found, (os.getpid(), workers.process_started())]


def make_room(
    folder: int, newcomer: Kept, most: int, most_bytes: int, alive: Collection[Process]
) -> None:
    """Remove what need not, or may not, be there beside a new image."""
    there = kept_in(folder)
    chosen = [newcomer]
    size = newcomer.file_bytes
    # first what the new one is compared with
    for one in sorted(there, key=lambda one: not _is_baseline_of(one, newcomer)):
        alike = sum(kept.baseline == one.baseline for kept in chosen)
        if one.baseline:
            useful = alike < MOST_BASELINES and not any(_replaces(kept, one) for kept in chosen)
        else:
            useful = alike < most
        if useful and size + one.file_bytes <= most_bytes and not _is_past(one, alive):
            chosen.append(one)
            size += one.file_bytes
    for one in there:
        if one not in chosen:
            remove(folder, one.id)
    _remove_strays(folder, {one.id for one in chosen})


def remove(folder: int, stem: str) -> None:
    """Remove the files of an image; who has it open goes on."""
    for ending in _ENDINGS:
        with contextlib.suppress(OSError):
            os.unlink(stem + ending, dir_fd=folder)


def clear_if_last(shelf: Shelf) -> None:
    """Remove an app's images when no other process of it lives."""
    others = [pid for pid, _ in living(shelf) if pid != os.getpid()]
    if not others:
        with shelf.opened() as folder:
            _empty(folder)
        _remove_folder(shelf.name)


def clear_others(own: Shelf) -> None:
    """Remove the images of other apps of which no process lives, as after a crash."""
    alive = {entry.path.name for entry in workers.list_workers() if entry.alive}
    path = directory() / "images"
    with (
        opened(directory(), create=False) as private,
        below(private, path.name, path, create=False) as parent,
        os.scandir(parent) as found,
    ):
        names = {item.name for item in found}
    for name in names - alive - {own.name}:
        with contextlib.suppress(LeakGuardError, OSError), Shelf(name).opened() as folder:
            if time.time() - os.fstat(folder).st_mtime > _STRAY_SECONDS:
                _empty(folder)
                _remove_folder(name)


def _is_baseline_of(one: Kept, image: Kept) -> bool:
    return one.baseline and one.created <= image.created and _is_same(one, image)


def _replaces(newer: Kept, older: Kept) -> bool:
    return newer.baseline and _is_same(newer, older)


def _is_same(one: Kept, other: Kept) -> bool:
    return one.pid == other.pid and abs(one.started - other.started) < _SAME_SECONDS


def _is_past(image: Kept, alive: Collection[Process]) -> bool:
    """Whether an image's process ended so long ago that nobody asks for it any more."""
    lives = any(
        image.pid == pid and abs(image.started - started) < _SAME_SECONDS for pid, started in alive
    )
    return not lives and time.time() - image.created > KEPT_SECONDS


def _remove_strays(folder: int, known: Collection[str]) -> None:
    """Files of nobody: of a process that was killed while it wrote, of explorers that ended."""
    for name in os.listdir(folder):
        stem, dot, ending = name.rpartition(".")
        if dot + ending not in _ENDINGS or set(stem.split(".")) <= set(known):
            continue
        with contextlib.suppress(OSError):
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if time.time() - found.st_mtime > _STRAY_SECONDS:
                os.unlink(name, dir_fd=folder)


def _empty(folder: int) -> None:
    for name in os.listdir(folder):
        with contextlib.suppress(OSError):
            os.unlink(name, dir_fd=folder)


def _remove_folder(name: str) -> None:
    with contextlib.suppress(OSError, LeakGuardError), opened(directory(), create=False) as private:
        path = directory() / "images"
        with below(private, "images", path, create=False) as parent:
            os.rmdir(name, dir_fd=parent)
