"""The app of a framework, found behind what is wrapped around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_LAYERS = 16
# Where middlewares keep the app that they are around.
_INNER = ("app", "application", "_app", "wsgi_app", "asgi_app", "wrapped")


def framework_app(app: object, package: str, name: str = "") -> Any:
    """The first of `app` and what it is wrapped around whose class is `name` of `package` (empty:
    any class of it), or derived from that. None if there is none.

    Nothing is imported: what an app does not use must not be loaded for it.
    """
    for layer in _layers(app):
        for cls in type(layer).__mro__:
            if f"{cls.__module__}.".startswith(package + ".") and name in ("", cls.__name__):
                return layer
    return None


def _layers(app: object) -> Iterator[object]:
    for _ in range(_MAX_LAYERS):
        yield app
        # A method is a layer of the object whose method it is: app.wsgi_app.
        inner = getattr(app, "__self__", None) or _inner(app)
        if inner is None:
            return
        app = inner


def _inner(app: object) -> object:
    for name in _INNER:
        try:
            inner = getattr(app, name, None)
        except Exception:  # it is asked for what it may not have
            continue
        if callable(inner):
            return inner
    return None
