"""The apps of frameworks, found behind what is wrapped around them, and mounted in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_LAYERS = 16
# Where middlewares keep the app that they are around.
_INNER = ("app", "application", "_app", "wsgi_app", "asgi_app", "wrapped", "__wrapped__")
# Apps looked at, where apps are mounted in apps.
_MAX_APPS = 500


def framework_app(app: object, package: str, name: str = "") -> Any:
    """The first of `app` and what it is wrapped around whose class is `name` of `package` (empty:
    any class of it), or derived from that. None if there is none.

    Nothing is imported: what an app does not use must not be loaded for it.
    """
    return next((layer for layer in layers(app) if is_of(layer, package, name)), None)


def is_of(app: object, package: str, name: str = "") -> bool:
    """Whether the class of `app` is `name` of `package` (empty: any class of it), or derived."""
    return any(
        f"{cls.__module__}.".startswith(package + ".") and name in ("", cls.__name__)
        for cls in type(app).__mro__
    )


def apps_within(app: object) -> Iterator[object]:
    """`app`, what it is wrapped around, and what is mounted in these, as far as it can be seen: in
    the routes of Starlette, FastAPI and Litestar, and in a dispatcher that has `mounts`."""
    waiting, seen = [app], set[int]()
    while waiting and len(seen) < _MAX_APPS:
        for layer in layers(waiting.pop()):
            if id(layer) in seen:
                break
            seen.add(id(layer))
            yield layer
            waiting += _mounted(layer)


def layers(app: object) -> Iterator[object]:
    """`app` and what it is wrapped around, from outside to inside."""
    for _ in range(_MAX_LAYERS):
        yield app
        # A method is a layer of the object whose method it is: app.wsgi_app.
        inner = attribute(app, "__self__", object) or _inner(app)
        if inner is None:
            return
        app = inner


def _inner(app: object) -> object:
    for name in _INNER:
        inner = attribute(app, name, object)
        if callable(inner):
            return inner
    return None


def _mounted(app: object) -> Iterator[object]:
    mounts = attribute(app, "mounts", dict)  # of werkzeug's dispatcher, and hypercorn's
    yield from (mounts or {}).values()
    for route in attribute(app, "routes", list) or ():
        # Starlette has mounts and hosts among its routes, Litestar handlers that are mounts.
        if hasattr(route, "app") and not hasattr(route, "endpoint"):
            yield route.app
        elif getattr(getattr(route, "route_handler", None), "is_mount", False):
            yield route.route_handler.fn


def attribute(app: object, name: str, kind: type) -> Any:
    """What `app` has of this name, if it is of this kind; else None."""
    try:
        found = getattr(app, name, None)
    except Exception:  # it is asked for what it may not have
        return None
    return found if isinstance(found, kind) else None
