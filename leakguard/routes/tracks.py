"""The names that the application gives to work of its own, at most a hundred."""

from __future__ import annotations

import threading

from leakguard.routes import sampling
from leakguard.routes._flight import Figures

MAX_TRACKS = 100
MAX_NAME = 100
OTHER = "(other tracks)"

_tracks: dict[str, Figures] = {}
_lock = threading.Lock()


def figures_of(name: str) -> Figures:
    """The sums of a track; names beyond the hundredth share one."""
    known = _tracks.get(name)
    if known is not None:
        return known
    with _lock:
        if len(_tracks) >= MAX_TRACKS:
            name = OTHER
        if name not in _tracks:
            _tracks[name] = Figures(sampling.add_route(name))
        return _tracks[name]


def routes() -> dict[int, tuple[str, int]]:
    """By route number: the name of each track and how often it was entered."""
    return {figures.route: (name, figures.requests) for name, figures in list(_tracks.items())}
