"""The name of an ASGI request: method and route template, for the frameworks and any app."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from leakguard.routes._flight import NameMemo
from leakguard.routes.django_urls import pattern_of
from leakguard.routes.folding import METHODS, FoldedPaths, shown
from leakguard.routes.layers import framework_app
from leakguard.routes.ledger import UNMATCHED
from leakguard.routes.litestar_mounts import has_mounts, mounted_at
from leakguard.routes.starlette_table import Kind, Place, Table, walk

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from leakguard.routes.ledger import Flight

# Endpoints and templates remembered before an app that keeps changing them makes us start again.
_MAX_TABLE = 20_000
_MAX_TEMPLATES = 2_000
# Paths whose folded name is remembered, and how long they may be.
_MAX_PATHS = 1_000
_MAX_PATH = 200


class AsgiNames(NameMemo):
    """Names flights: "GET /items/{id}" by what the app says its route is, else by the folded path.

    In this order: the app's own word, a text in `scope["leakguard.route"]` (None: no route
    matches); the route table of Starlette and FastAPI; the template that Litestar leaves in the
    scope; the URL pattern of Django that the path matches, when `app` is its handler. Where one app
    is mounted in another, the name begins with where that is. Folded paths may take half of
    `max_names`, so that a scanner of addresses cannot crowd out the templates.

    `app` is what is wrapped.
    """

    def __init__(self, max_names: int = 200, app: object = None) -> None:
        self._folded = FoldedPaths(max(1, max_names // 2))
        self._table: Table = {}
        self._walk_again = 0.0
        self._litestar = framework_app(app, "litestar", "Litestar")
        self._is_django = framework_app(app, "django.core.handlers") is not None

    def find(self, flight: Flight) -> str:
        """The name of `flight` as far as it is known by now, if it is not remembered."""
        scope = flight.scope
        method = scope["method"] if scope["type"] == "http" else "WS"
        if scope.get("leakguard.route", "") is None:
            return UNMATCHED
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
            path = _app_path(scope, scope["path"])
            place = next((place for place in places if place.matches(path)), place)
        if place.kind is not Kind.ROUTE and (template := _told(scope)):
            return f"{shown(method)} {place.template.removesuffix('/{path}')}{template}"
        if place.kind is Kind.ROUTER or (place.kind is Kind.APP and flight.status == 404):
            return UNMATCHED
        below = self._mount(flight)
        name = f"{shown(method)} {below}{place.template}"
        if len(places) == 1 and place.kind is Kind.ROUTE and method in METHODS and not below:
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
        template = _told(scope)
        if template:
            return self._with_template(flight, method, template)
        if below := self._mount(flight):
            return f"{shown(method)} {below}/{{path}}"
        status = flight.status or 0
        # A Starlette app that answered without an endpoint: a middleware refused, or a redirect.
        refused = 300 <= status < 500 and hasattr(scope.get("app"), "user_middleware")
        if refused or status in (404, 405):
            return UNMATCHED
        return self._fold(method, flight)

    def _with_template(self, flight: Flight, method: str, template: str) -> str:
        name = f"{shown(method)} {self._mount(flight)}{template}"
        # With apps mounted in it, one template may be that of several routes.
        if method in METHODS and not has_mounts(self._litestar):
            if len(self.by_template) >= _MAX_TEMPLATES:
                self.by_template.clear()
            self.by_template.setdefault(template, {})[method] = name
        return name

    def _mount(self, flight: Flight) -> str:
        """Where in a Litestar app that app is mounted which has served the request; "" if none."""
        scope = flight.scope
        if self._litestar is None or "litestar_app" not in scope:
            return ""
        if scope["litestar_app"] is self._litestar and scope.get("path_template"):
            return ""
        return mounted_at(self._litestar, _app_path(scope, flight.entry or scope["path"]))

    def _fold(self, method: str, flight: Flight) -> str:
        came = flight.entry or flight.scope["path"]
        path = _app_path(flight.scope, came)
        template = pattern_of(path) if self._is_django else None
        name = f"{shown(method)} {template}" if template else self._folded.name(method, path)
        if path == came and len(path) <= _MAX_PATH and method in METHODS:
            if len(self.by_path) >= _MAX_PATHS:
                self.by_path.clear()
            self.by_path[path] = (method, name)
        return name


def _told(scope: MutableMapping[str, Any]) -> str:
    """The template that an app, its framework's hook, or Litestar left; "" if there is none."""
    for key in ("leakguard.route", "path_template"):
        template = scope.get(key)
        if isinstance(template, str) and template:
            return template
    return ""


def _app_path(scope: MutableMapping[str, Any], path: str) -> str:
    """`path` below the root path that the server gave the app, before any mount."""
    root: str = scope.get("app_root_path", scope.get("root_path", ""))
    below = path[len(root) :]
    return below if root and path.startswith(root) and below.startswith("/") else path
