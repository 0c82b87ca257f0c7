"""The extension: settings from `app.config`, the wrapped app, the rule of a request that fails.

Nothing runs before the first request: every command of `flask` makes the app, and most serve none.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Unpack

from flask import Flask, got_request_exception, has_request_context, request

from leakguard import wsgi
from leakguard.errors import SettingsError
from leakguard.settings import FrameworkSettings, Options, Settings
from leakguard.wrapping import check_is_not_guarded, named
from leakguard_flask.commands import group

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIEnvironment

_PREFIX = "LEAKGUARD_"
_NAME = "leakguard"


class LeakGuard:
    """Wraps Flask apps, so that each answers under /_leak and its requests are counted by rule.

    The options are the fields of `leakguard.settings.Settings`; each may also be a key of
    `app.config` (`LEAKGUARD_TOKEN`) or an environment variable. A keyword wins over the
    environment, which wins over `app.config`.

    Raises `SettingsError` for an option that does not exist or cannot be used.
    """

    def __init__(self, app: Flask | None = None, **options: Unpack[Options]) -> None:
        self._options = options
        self._app = app
        # An app factory may make many of them, each of which lives only as long as it is wanted.
        self._guarded: weakref.WeakSet[_Waiting] = weakref.WeakSet()
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Wraps `app.wsgi_app`; what belongs to this app is `app.extensions["leakguard"]`.

        The keys of `app.config` are read now: set them before. Raises `SettingsError` for one that
        does not exist or cannot be used, and for an app that has been wrapped before.
        """
        if not isinstance(app, Flask):
            raise SettingsError(
                f"{named(app)} is no Flask app. Pass the Flask object itself; for "
                "another WSGI app there is leakguard.wsgi.LeakGuard, for an ASGI app "
                "leakguard.LeakGuard."
            )
        if _NAME in app.extensions:
            raise SettingsError(
                f"the Flask app {app.name!r} has a LeakGuard already, which would count each "
                "request twice; call LeakGuard(app) or init_app(app) once."
            )
        check_is_not_guarded(app)
        settings = Settings.build(_from_config(app.config), **self._options)
        guarded = _Waiting.with_settings(app.wsgi_app, settings, app.url_map)
        app.wsgi_app = guarded  # type: ignore[method-assign]  # how Flask wants it to be wrapped
        app.extensions[_NAME] = guarded
        got_request_exception.connect(_on_exception, app)
        # Not `app.teardown_request`, which refuses where the app has served before.
        app.teardown_request_funcs.setdefault(None, []).append(_on_teardown)
        app.cli.add_command(group)
        self._guarded.add(guarded)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The one app that is wrapped, for a server that is given this object in its place.

        Raises `SettingsError` where it is not one: `app = LeakGuard(app)` says which.
        """
        guarded = list(self._guarded)
        if len(guarded) != 1:
            raise SettingsError(
                f"this LeakGuard has {len(guarded)} Flask apps and cannot be served itself; "
                "give the server the Flask object."
            )
        return guarded[0](environ, start_response)


class _Waiting(wsgi.LeakGuard):
    """One that has not been called. The first call makes it a plain one, in the process that serves
    (a forked worker, not the master that loaded the app); no later call pays for having waited.
    """

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self._guard.attempt(self.start)
        self._guard.attempt(self.endpoint.join)
        self.__class__ = wsgi.LeakGuard  # type: ignore[assignment]  # of the same layout
        return self(environ, start_response)


def _from_config(config: Mapping[str, object]) -> FrameworkSettings:
    return FrameworkSettings(
        "key of app.config",
        lambda option: _PREFIX + option.upper(),
        {name: value for name, value in config.items() if name.startswith(_PREFIX)},
    )


def _on_exception(_sender: Flask, **_: object) -> None:
    _keep_rule()


def _on_teardown(error: BaseException | None) -> None:
    # Flask sends no signal for a SystemExit, nor for another one that is no Exception.
    if error is not None:
        _keep_rule()


def _keep_rule() -> None:
    """Of a request that raises to the server, which then never begins its answer: only there could
    its rule be seen from outside."""
    if has_request_context() and request.url_rule is not None:
        request.environ["leakguard.route"] = request.url_rule
