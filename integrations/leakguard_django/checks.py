"""System checks: what `manage.py check` and `runserver` say before the first request.

E001  LEAKGUARD cannot be used: an unknown key (with the close match), a wrong value
E002  the middleware is listed twice
W001  no token outside DEBUG
W002  the middleware is not listed
W003  the middleware is not the first
W004  the endpoint's path shadows a URL of the project
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.conf import settings as project
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004  # Django's own names
from django.core.exceptions import ImproperlyConfigured
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver
from django.utils.module_loading import import_string

from leakguard.errors import SettingsError
from leakguard.routes.django_urls import as_path
from leakguard_django import conf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MIDDLEWARE = "leakguard_django.LeakGuard"


def check_settings(**_: Any) -> list[CheckMessage]:
    try:
        settings = conf.build()
    except SettingsError as error:
        return [Error(str(error), id="leakguard.E001")]
    if project.DEBUG or settings.token or settings.authorize:
        return []
    return [
        Warning(
            "LeakGuard has no token, and DEBUG is off: one is made for each machine.",
            hint=(
                "Set LEAKGUARD['token'] or the environment variable LEAKGUARD_TOKEN, or "
                "LEAKGUARD['authorize']; `manage.py leakguard token` prints the one that was made."
            ),
            id="leakguard.W001",
        )
    ]


def check_middleware(**_: Any) -> list[CheckMessage]:
    places = [place for place, name in enumerate(project.MIDDLEWARE or []) if _is_ours(name)]
    if not places:
        return [
            Warning(
                "LeakGuard is installed, but its middleware is not: no request is counted.",
                hint=f"Put {_MIDDLEWARE!r} first in MIDDLEWARE.",
                id="leakguard.W002",
            )
        ]
    if len(places) > 1:
        return [
            Error(
                "LeakGuard's middleware is in MIDDLEWARE more than once: requests count twice.",
                hint=f"Keep one {_MIDDLEWARE!r}, the first.",
                id="leakguard.E002",
            )
        ]
    if places[0] > 0:
        return [
            Warning(
                f"LeakGuard's middleware is number {places[0] + 1} in MIDDLEWARE: what those "
                "before it do and answer is not counted.",
                hint=f"Put {_MIDDLEWARE!r} first in MIDDLEWARE.",
                id="leakguard.W003",
            )
        ]
    return []


def check_urls(**_: Any) -> list[CheckMessage]:
    try:
        own = conf.build().path
        resolver = get_resolver()
        never = [route for route in _routes(resolver.url_patterns) if _is_below(own, route)]
        partly = [route for route in _matching(resolver, own) if route not in never]
    except (SettingsError, ImproperlyConfigured, AttributeError):
        return []  # told by other checks: by E001, and Django's own of ROOT_URLCONF
    problems = [f"The URL pattern {route!r} is never reached" for route in never]
    problems += [f"The URL pattern {route!r} is not reached at {own}" for route in partly]
    return [
        Warning(
            f"{problem}: LeakGuard answers under {own}.",
            hint="Choose another path: LEAKGUARD['path'].",
            id="leakguard.W004",
        )
        for problem in problems
    ]


CHECKS: tuple[Callable[..., list[CheckMessage]], ...] = (
    check_settings,
    check_middleware,
    check_urls,
)


def _is_ours(name: str) -> bool:
    from leakguard_django.middleware import LeakGuardMiddleware

    try:
        found = import_string(name)
    except ImportError:
        return False  # Django tells of it
    return isinstance(found, type) and issubclass(found, LeakGuardMiddleware)


_OWN_URLS = "leakguard_django.urls"


def _routes(patterns: Any, before: str = "") -> Iterator[str]:
    """The patterns of the project's own views, each from the root on."""
    for pattern in patterns:
        part = str(pattern.pattern)
        route = before + part.removeprefix("^") if before else part
        if isinstance(pattern, URLResolver):
            if getattr(pattern.urlconf_name, "__name__", None) != _OWN_URLS:
                yield from _routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def _is_below(own: str, route: str) -> bool:
    route = re.sub(r"\\([^\w\s])", r"\1", route.removesuffix(r"\Z"))  # of a regular expression
    path = as_path(route).removesuffix("$").removesuffix("/?")
    return path == own or path.startswith(f"{own}/")


def _matching(resolver: URLResolver, own: str) -> list[str]:
    """The patterns with variable parts of which `own` is one of the URLs.

    Not those that are nothing but variable: such a one takes what is left by all others.
    """
    found: dict[str, None] = {}
    for path in (own, f"{own}/"):
        try:
            match = resolver.resolve(path)
        except Resolver404:
            continue
        route = match.route or ""
        said = re.split(r"[<(\[.*]", as_path(route), maxsplit=1)[0]
        if said != "/" and getattr(match.func, "__module__", "") != "leakguard_django.views":
            found[route] = None
    return list(found)
