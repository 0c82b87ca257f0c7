"""The name of an ASGI request: method and route template, for Starlette, FastAPI and any app."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from leakguard.routes._flight import NameMemo
from leakguard.routes.folding import METHODS, FoldedPaths, shown
from leakguard.routes.ledger import UNMATCHED
from leakguard.routes.starlette_table import Kind, Place, Table, walk

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from leakguard.routes.ledger import Flight

# Endpoints remembered before an app that keeps changing its routes makes us start again.
_MAX_TABLE = 20_000
# Paths whose folded name is remembered, and how long they may be.
_MAX_PATHS = 1_000
_MAX_PATH = 200


class AsgiNames(NameMemo):
    """Names flights: "GET /items/{id}" by the app's route table, else by the folded path.

    Folded paths may take half of `max_names`, so that a scanner of addresses cannot crowd out the
    templates of the app.
    """

    def __init__(self, max_names: int = 200) -> None:
        self._folded = FoldedPaths(max(1, max_names // 2))
        self._table: Table = {}
        self._walk_again = 0.0

    def find(self, flight: Flight) -> str:
        """The name of `flight` as far as it is known by now, if it is not remembered."""
        scope = flight.scope
        method = scope["method"] if scope["type"] == "http" else "WS"
        endpoint = scope.get("endpoint")
        if endpoint is None:
            return self._without_endpoint(flight, method)
        return self._look_up(flight, endpoint, method)

    def _look_up(self, flight: Flight, endpoint: Any, method: str) -> str:
        scope = flight.scope
        places = self._places(endpoint, scope)
        if not places:
            return self._without_endpoint(flight, method)
        place = places[0]
        if len(places) > 1:
            path = _app_path(scope)
            place = next((place for place in places if place.matches(path)), place)
        if place.kind is Kind.ROUTER or (place.kind is Kind.APP and flight.status == 404):
            return UNMATCHED
        name = f"{shown(method)} {place.template}"
        if len(places) == 1 and place.kind is Kind.ROUTE and method in METHODS:
            self._remember(endpoint, method, name)
        return name

    def _remember(self, endpoint: Any, method: str, name: str) -> None:
        known = self.by_endpoint.get(id(endpoint))
        if known is None or known[0] is not endpoint:
            known = self.by_endpoint[id(endpoint)] = (endpoint, {})
        known[1][method] = name

    def _places(self, endpoint: Any, scope: MutableMapping[str, Any]) -> list[Place]:
        found = self._table.get(id(endpoint))
        if (found is None or found[0] is not endpoint) and monotonic() >= self._walk_again:
            # Routes may be added at any time, but an endpoint that is in no table must not cost
            # a walk each time it is called.
            self._walk_again = monotonic() + 1.0
            if len(self._table) > _MAX_TABLE:
                self._table = {}
                self.by_endpoint.clear()
            self._table |= walk(scope.get("router") or scope.get("app"))
            found = self._table.get(id(endpoint))
        return found[1] if found is not None and found[0] is endpoint else []

    def _without_endpoint(self, flight: Flight, method: str) -> str:
        scope = flight.scope
        status = flight.status or 0
        # A Starlette app that answered without an endpoint: a middleware refused, or a redirect.
        refused = 300 <= status < 500 and hasattr(scope.get("app"), "user_middleware")
        if refused or status in (404, 405):
            return UNMATCHED
        return self._fold(method, scope)

    def _fold(self, method: str, scope: MutableMapping[str, Any]) -> str:
        path = _app_path(scope)
        name = self._folded.name(method, path)
        if path == scope["path"] and len(path) <= _MAX_PATH and method in METHODS:
            if len(self.by_path) >= _MAX_PATHS:
                self.by_path.clear()
            self.by_path[path] = (method, name)
        return name


def _app_path(scope: MutableMapping[str, Any]) -> str:
    """The path below the root path that the server gave the app, before any mount."""
    path: str = scope["path"]
    root: str = scope.get("app_root_path", scope.get("root_path", ""))
    below = path[len(root) :]
    return below if root and path.startswith(root) and below.startswith("/") else path
