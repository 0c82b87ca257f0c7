"""The names that the application gives to work of its own, a bounded number."""

from __future__ import annotations

import functools
import os
import threading
from typing import TYPE_CHECKING

from leakguard.routes import sampling
from leakguard.routes._flight import Figures

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_TRACKS = 100
MAX_NAME = 100
OTHER = "(other tracks)"

on_end: Callable[[], object] | None = None
"""Called as a track ends, in its thread: it must return at once. Of a process without requests."""

_tracks: dict[str, Figures] = {}
_lock = threading.Lock()
_limit = MAX_TRACKS


def allow(count: int) -> None:
    """At least so many names are counted one by one."""
    global _limit
    _limit = max(_limit, count)


def figures_of(name: str) -> Figures:
    """The sums of a track; names beyond the limit share one."""
    known = _tracks.get(name)
    if known is not None:
        return known
    _watch_forks()
    with _lock:
        if len(_tracks) >= _limit:
            name = OTHER
        if name not in _tracks:
            _tracks[name] = Figures(sampling.add_route(name))
        return _tracks[name]


def routes() -> dict[int, tuple[str, int]]:
    """By route number: the name of each track and how often it was entered."""
    return {figures.route: (name, figures.requests) for name, figures in all_figures().items()}


def all_figures() -> dict[str, Figures]:
    """The sums of every track, by name."""
    return dict(_tracks)


@functools.cache
def _watch_forks() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork)


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()  # another thread of the parent may have held it
    for figures in _tracks.values():
        figures.start_again()
