"""Django: the pattern that its URL configuration chooses is said as it is chosen.

For a project without `leakguard_django`, whose middleware does the same.
"""

from __future__ import annotations

from typing import Any

from leakguard.frameworks import KEY
from leakguard.routes.django_urls import as_path


def attach(handler: Any) -> None:
    """Has a `WSGIHandler` or an `ASGIHandler` resolve through a `TellingResolver`, if it does not
    yet."""
    resolve = getattr(handler, "resolve_request", None)
    if resolve is not None and not isinstance(resolve, TellingResolver):
        handler.resolve_request = TellingResolver(resolve)


class TellingResolver:
    """The `resolve_request` of one handler; what it finds is left in the scope or environ."""

    def __init__(self, resolve: Any) -> None:
        self._resolve = resolve

    def __call__(self, request: Any) -> Any:
        place = getattr(request, "scope", None)
        if place is None:
            place = request.META  # the environ
        place[KEY] = None  # unless it does not raise that nothing matches
        match = self._resolve(request)
        place[KEY] = as_path(match.route)
        return match
