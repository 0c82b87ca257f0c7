"""The name of a WSGI request: method and route, for the frameworks and any app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leakguard.routes._flight import NameMemo
from leakguard.routes.django_urls import is_forced, pattern_of
from leakguard.routes.folding import METHODS, FoldedPaths, shown
from leakguard.routes.layers import framework_app
from leakguard.routes.ledger import UNMATCHED

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from leakguard.routes.ledger import Flight

# Rules and templates remembered before an app that keeps making new ones makes us start again.
_MAX_RULES = 20_000
_MAX_TEMPLATES = 2_000
# Paths whose name is remembered, and how long they may be.
_MAX_PATHS = 1_000
_MAX_PATH = 200


class WsgiNames(NameMemo):
    """Names flights: "GET /items/<int:id>" by what the app says its route is, else by the folded
    path.

    In this order: the app's own word, a text or a rule in `environ["leakguard.route"]` (None: no
    route matches); the URL rule of Flask; the route of Bottle; the URL pattern of Django that the
    path matches, when `app` is its handler and has not come so far as to say its own. Where one app
    is mounted in another, the name begins with where that is. Folded paths may take half of
    `max_names`, so that a scanner of addresses cannot crowd out the routes of the app.

    `app` is what is wrapped. `rules` is the werkzeug `Map` of a Flask app, whose own rules are
    shown as they are, whatever SCRIPT_NAME becomes.
    """

    def __init__(self, app: object, max_names: int = 200, rules: object = None) -> None:
        self._rules = rules
        self._folded = FoldedPaths(max(1, max_names // 2))
        self._is_django = framework_app(app, "django.core.handlers") is not None
        self._bottle = framework_app(app, "bottle", "Bottle")

    def find(self, flight: Flight) -> str:
        """The name of `flight` as far as it is known by now, if it is not remembered."""
        environ = flight.scope
        method = environ.get("REQUEST_METHOD", "")
        mount = _mount(flight)
        if mount and self._is_django and is_forced(environ.get("SCRIPT_NAME", "")):
            mount = ""
        said = environ.get("leakguard.route", "")
        if said is None:
            return UNMATCHED
        if said and isinstance(said, str):
            return self._remember_template(said, method, mount)
        route = flight.route or said or environ.get("bottle.route")
        if route is None and "werkzeug.request" in environ:
            # Flask's requests have a rule once one has matched; it sets them None as they end.
            asked = environ["werkzeug.request"]
            if asked is None or getattr(asked, "url_rule", asked) is None:
                return UNMATCHED
            route = getattr(asked, "url_rule", None)
        rule = getattr(route, "rule", None)
        if isinstance(rule, str):
            mount = self._mount_of_rule(environ, route, mount)
            name = f"{shown(method)} {mount}{rule}"
            return name if mount else self._remember_rule(route, method, name)
        status = flight.status or 0
        if status in (404, 405):
            return UNMATCHED
        path: str = environ.get("PATH_INFO", "")
        template = pattern_of(path) if self._is_django else None
        name = (
            f"{shown(method)} {template}" if template else self._folded.name(method, mount + path)
        )
        # One that has not answered yet may still be told its rule.
        if status and not mount and len(path) <= _MAX_PATH and method in METHODS:
            if len(self.by_path) >= _MAX_PATHS:
                self.by_path.clear()
            self.by_path[path] = (method, name)
        return name

    def _mount_of_rule(self, environ: MutableMapping[str, Any], route: Any, mount: str) -> str:
        if self._rules is not None and getattr(route, "map", None) is self._rules:
            return ""
        served = environ.get("bottle.app")
        if mount or self._bottle is None or served is None or served is self._bottle:
            return mount
        # By now SCRIPT_NAME says no more where that app is mounted.
        around, _ = self._bottle.router.match(environ)
        at: str = around.rule.partition("<")[0].rstrip("/")
        return at

    def _remember_template(self, template: str, method: str, mount: str) -> str:
        name = f"{shown(method)} {mount}{template}"
        if not mount and method in METHODS:
            if len(self.by_template) >= _MAX_TEMPLATES:
                self.by_template.clear()
            self.by_template.setdefault(template, {})[method] = name
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


def _mount(flight: Flight) -> str:
    """Where in the wrapped app that app is mounted which has served the request; "" if it is the
    app itself."""
    root: str = flight.scope.get("SCRIPT_NAME", "")
    entry = flight.entry or ""
    # Bottle puts back "/" for "" when an app that is mounted in it has answered.
    return root[len(entry) :].rstrip("/") if root.startswith(entry) else ""
