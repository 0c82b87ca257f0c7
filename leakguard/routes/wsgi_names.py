"""The name of a WSGI request: method and route, for Flask, Django and any app."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from leakguard.routes._flight import NameMemo
from leakguard.routes.folding import FoldedPaths, shown
from leakguard.routes.ledger import UNMATCHED

if TYPE_CHECKING:
    from leakguard.routes.ledger import Flight

# Flask's rules remembered before an app that keeps making new ones makes us start again.
_MAX_RULES = 20_000
# Paths whose name is remembered, and how long they may be.
_MAX_PATHS = 1_000
_MAX_PATH = 200


class WsgiNames(NameMemo):
    """Names flights: "GET /items/<int:id>" by what the app says its route is, else by the folded
    path.

    In this order: the app's own word, a text or a rule in `environ["leakguard.route"]`; the URL
    rule of Flask; the URL pattern of Django, when `app` is its handler. Folded paths may take half
    of `max_names`, so that a scanner of addresses cannot crowd out the routes of the app.

    `rules` is the werkzeug `Map` of a Flask app: a rule of another map is that of an app mounted
    in it, and begins with where it is mounted. None: every rule is shown as it is.
    """

    def __init__(self, app: object, max_names: int = 200, rules: object = None) -> None:
        self._rules = rules
        self._folded = FoldedPaths(max(1, max_names // 2))
        self._is_django = any(
            cls.__module__.startswith("django.core.handlers") for cls in type(app).__mro__
        )

    def find(self, flight: Flight) -> str:
        """The name of `flight` as far as it is known by now, if it is not remembered."""
        environ = flight.scope
        method = environ.get("REQUEST_METHOD", "")
        said = environ.get("leakguard.route")
        if isinstance(said, str):
            return f"{shown(method)} {said}"
        root: str = environ.get("SCRIPT_NAME", "")  # with what an app within this one is mounted at
        route = flight.route or said
        if route is None and "werkzeug.request" in environ:
            # Flask's requests have a rule once one has matched; it sets them None as they end.
            asked = environ["werkzeug.request"]
            if asked is None or getattr(asked, "url_rule", asked) is None:
                return UNMATCHED
            route = getattr(asked, "url_rule", None)
        rule = getattr(route, "rule", None)
        if isinstance(rule, str):
            if self._rules is not None and getattr(route, "map", None) is not self._rules:
                return f"{shown(method)} {root}{rule}"
            return self._remember_rule(route, method, f"{shown(method)} {rule}")
        status = flight.status or 0
        if status in (404, 405):
            return UNMATCHED
        path: str = environ.get("PATH_INFO", "")
        template = _django_route(path) if self._is_django else None
        name = f"{shown(method)} {template}" if template else self._folded.name(method, root + path)
        # One that has not answered yet may still be told its rule.
        if status and not root and len(path) <= _MAX_PATH and not shown(method).startswith("OTHER"):
            if len(self.by_path) >= _MAX_PATHS:
                self.by_path.clear()
            self.by_path[path] = (method, name)
        return name

    def _remember_rule(self, rule: Any, method: str, name: str) -> str:
        known = self.by_endpoint.get(id(rule))
        if known is None or known[0] is not rule:
            if len(self.by_endpoint) >= _MAX_RULES:
                self.by_endpoint.clear()
            known = self.by_endpoint[id(rule)] = (rule, {})
        if not name.startswith("OTHER"):  # any word may be a method
            known[1][method] = name
        return name


def _django_route(path: str) -> str | None:
    """The pattern of Django's URL configuration that `path` matches."""
    urls = sys.modules.get("django.urls")
    if urls is None:
        return None
    try:
        route: str = urls.resolve(path).route
    except urls.Resolver404:
        return None
    return "/" + route.lstrip("^").removeprefix("/")
