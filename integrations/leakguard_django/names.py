"""The name of a request of Django: method and URL pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import Resolver404, resolve

from leakguard.routes.django_urls import as_path
from leakguard.routes.folding import shown
from leakguard.routes.ledger import UNMATCHED

if TYPE_CHECKING:
    from leakguard.routes.ledger import Flight

REQUEST = "django.request"


def name_of(flight: Flight) -> str:
    """ "GET /shop/<int:id>/" by `resolver_match.route`, "(unmatched)" for what no pattern matches.

    A request that has not come so far, or that a middleware has answered, is of the pattern that
    its path matches.
    """
    request = flight.scope[REQUEST]
    route = route_of(request)
    return UNMATCHED if route is None else f"{shown(request.method)} {route}"


def route_of(request: Any) -> str | None:
    """ "/shop/<int:id>/", the pattern of `request` as an address; None if none matches."""
    match = getattr(request, "resolver_match", None) or _match(request)
    return None if match is None else as_path(match.route)


def _match(request: Any) -> Any:
    try:
        return resolve(request.path_info, getattr(request, "urlconf", None))
    except Resolver404:
        return None
