"""What LeakGuard can be wrapped around. What it cannot is told when it is made, with what to do."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from types import ModuleType
from typing import TYPE_CHECKING, Any

from leakguard.errors import SettingsError
from leakguard.guard import logger
from leakguard.routes._flight import Middleware, WsgiMiddleware
from leakguard.routes.layers import attribute, framework_app, layers

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOW = {
    "ASGI": "Wrap the ASGI app itself: LeakGuard(app), or app.add_middleware(LeakGuard).",
    "WSGI": "Wrap the WSGI app itself: LeakGuard(app).",
}
_TAKES = {"ASGI": "(scope, receive, send)", "WSGI": "(environ, start_response)"}
_FROM = {"ASGI": "leakguard", "WSGI": "leakguard.wsgi"}


@contextlib.contextmanager
def errors_are_told() -> Iterator[None]:
    """Logs a `SettingsError` as well, where an event loop runs.

    Starlette makes its middlewares when the server asks it for its lifespan; servers take an error
    there for an app that knows no lifespan, and say nothing of it.
    """
    try:
        yield
    except SettingsError as error:
        with contextlib.suppress(RuntimeError):  # no loop runs
            asyncio.get_running_loop()
            logger.error("%s", error)
        raise


def check_is_asgi(app: object) -> None:
    """Raises `SettingsError` for an `app` that is no ASGI 3 app, as far as can be seen without
    calling it."""
    _check(app, "ASGI")
    _check_is_no_litestar_route(app)
    if inspect.isasyncgenfunction(app) or inspect.isasyncgenfunction(type(app).__call__):
        raise _wrong(app, "ASGI", "it yields, and so cannot be awaited.")
    _check_takes(app, "ASGI", {}, None, None)


def check_is_wsgi(app: Any) -> None:
    """Raises `SettingsError` for an `app` that is no WSGI app, as far as can be seen without
    calling it."""
    _check(app, "WSGI")
    if _is_async(app):
        is_asgi = _fits(inspect.signature(app), ({}, None, None))
        raise _wrong(app, "WSGI", "it is async.", _is_it("ASGI", app) if is_asgi else "")
    _check_takes(app, "WSGI", {}, None)


def check_is_not_guarded(app: object) -> None:
    """Raises `SettingsError` for an `app` that is a LeakGuard, or is or will be around one."""
    for layer in layers(app):
        added = attribute(layer, "user_middleware", list)  # of Starlette, which makes them later
        kinds = [getattr(one, "cls", None) for one in added or ()]
        if isinstance(layer, Middleware | WsgiMiddleware) or any(
            isinstance(kind, type) and issubclass(kind, Middleware) for kind in kinds
        ):
            raise SettingsError(
                "the app has a LeakGuard already, and a second one would count each request "
                "twice. Wrap it once."
            )


def named(thing: object) -> str:
    """ "a Flask", "an App": what `thing` is, for a sentence."""
    name = type(thing).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _check(app: object, kind: str) -> None:
    check_is_not_guarded(app)
    if not callable(app):
        raise _wrong(app, kind, "it cannot be called.", _instead_of(app))
    if isinstance(app, type) and not _instances_are_answers(app, kind):
        raise SettingsError(f"{app.__name__} is a class, not an app; make one first. {_HOW[kind]}")


def _instances_are_answers(app: type, kind: str) -> bool:
    """Of an app that is a class, making an object is the call of the app."""
    return hasattr(app, "__await__" if kind == "ASGI" else "__iter__") and app.__module__ not in (
        "builtins",
        "collections",
    )


def _instead_of(app: object) -> str:
    if inspect.iscoroutine(app):
        app.close()  # it would warn that nobody has awaited it
        return "The function that makes the app is async: pass what it returns."
    if isinstance(app, str):
        return "Pass the app, not the place where it can be imported from."
    if framework_app(app, "celery", "Celery") is not None:
        return "For Celery there is leakguard_celery."
    if isinstance(app, ModuleType):
        found = [name for name in ("app", "application") if callable(getattr(app, name, None))]
        return f"Is it {app.__name__}.{found[0]}?" if found else ""
    return ""


def _check_takes(app: Any, kind: str, *arguments: object) -> None:
    try:
        signature = inspect.signature(app)
    except (TypeError, ValueError):
        return  # native, without a signature: it will show
    parameters = signature.parameters.values()
    must = [
        one.name
        for one in parameters
        if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD) and one.default is one.empty
    ]
    takes_any = any(one.kind is one.VAR_POSITIONAL for one in parameters)
    takes_some = must or takes_any or {"environ", "env", "scope"} & set(signature.parameters)
    if takes_some and _fits(signature, arguments):
        return
    problem = f"it does not take {_TAKES[kind]}."
    if not takes_some:
        raise _wrong(app, kind, problem, "Does it make the app? Then pass what it returns.")
    if kind == "ASGI" and must == ["scope"]:
        made = "asgiref.compatibility.guarantee_single_callable(app)"
        raise _wrong(app, kind, problem, f"Is it an ASGI 2 app? Then pass {made}.")
    raise _wrong(app, kind, problem, _other_than(kind, app, signature))


def _other_than(kind: str, app: Any, signature: inspect.Signature) -> str:
    if kind == "ASGI" and not _is_async(app) and _fits(signature, ({}, None)):
        return _is_it("WSGI", app)
    if kind == "WSGI" and _fits(signature, ({}, None, None)):
        return _is_it("ASGI", app)
    if framework_app(app, "django.core.handlers") is not None:
        return "In Django's MIDDLEWARE it is 'leakguard_django.LeakGuard'."
    if "request" in signature.parameters:
        return f"Does it serve one route? {_HOW[kind]}"
    return ""


def _fits(signature: inspect.Signature, arguments: tuple[object, ...]) -> bool:
    try:
        signature.bind(*arguments)
    except TypeError:
        return False
    return True


def _is_it(other: str, app: object) -> str:
    """Advice for an app of the other kind."""
    question = f"Is it {'an' if other == 'ASGI' else 'a'} {other} app?"
    if framework_app(app, "django.core.handlers") is not None:
        return f"{question} For Django there is leakguard_django, a middleware for both."
    flask = framework_app(app, "flask", "Flask")
    if flask is not None:
        return f"{question} For Flask it is `from leakguard_flask import LeakGuard`."
    return f"{question} For those it is `from {_FROM[other]} import LeakGuard`."


def _wrong(app: object, kind: str, problem: str, advice: str = "") -> SettingsError:
    name = getattr(app, "__name__", None) or named(app)
    return SettingsError(f"{name} is no {kind} app: {problem} {advice or _HOW[kind]}")


def _is_async(app: object) -> bool:
    return any(
        test(one)
        for test in (inspect.iscoroutinefunction, inspect.isasyncgenfunction)
        for one in (app, type(app).__call__)
    )


def _check_is_no_litestar_route(app: object) -> None:
    if framework_app(app, "litestar.routes") is not None:
        raise SettingsError(
            "this is one route of a Litestar app: of what stands in its `middleware`, Litestar "
            "makes one for each route. Wrap the app: LeakGuard(Litestar(...))."
        )
