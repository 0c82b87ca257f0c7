"""Pyramid: the pattern of the route that its mapper chooses is said as it is chosen.

A subscriber to one of Pyramid's events could say it as well, but as soon as there is any, Pyramid
notifies of all events, which makes a small request a third longer; and a tween sees the route only
when the view has ended. So the mapper of this one router is called through a `TellingMapper`.
"""

from __future__ import annotations

from typing import Any

from leakguard.frameworks import KEY


def attach(router: Any) -> None:
    """Puts a `TellingMapper` before the mapper of a `pyramid.router.Router`, if it has none yet."""
    mapper = getattr(router, "routes_mapper", None)
    if mapper is not None and not isinstance(mapper, TellingMapper):
        router.routes_mapper = TellingMapper(mapper)


class TellingMapper:
    """A routes mapper that leaves the pattern of what it chooses in the environ."""

    def __init__(self, mapper: Any) -> None:
        self._mapper = mapper

    def __call__(self, request: Any) -> Any:
        info = self._mapper(request)
        route = info["route"]
        if route is not None:
            pattern = route.pattern
            request.environ[KEY] = pattern if pattern.startswith("/") else "/" + pattern
        return info

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mapper, name)
