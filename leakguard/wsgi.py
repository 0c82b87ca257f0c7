"""LeakGuard for WSGI: one middleware that counts requests by route and answers under /_leak.

app.wsgi_app = LeakGuard(app.wsgi_app)                    # Flask
application = LeakGuard(get_wsgi_application())           # Django
app = LeakGuard(app, token=..., path="/_leak")            # any WSGI app
"""

from __future__ import annotations

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self, Unpack

from werkzeug.wrappers import Request, Response

from leakguard import frameworks
from leakguard.endpoint import Endpoint, EndpointRequest
from leakguard.endpoint.first_words import FirstWords
from leakguard.first_call import FirstCall
from leakguard.guard import Guard
from leakguard.routes import Ledger
from leakguard.routes._flight import WsgiMiddleware
from leakguard.routes.sampling import start_or_log as start_sampling
from leakguard.routes.wsgi_names import WsgiNames
from leakguard.settings import Options, Settings
from leakguard.workers import native
from leakguard.wrapping import check_is_not_guarded, check_is_wsgi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from leakguard.endpoint import EndpointResponse


_PIECE = 1 << 16


class LeakGuard(WsgiMiddleware):
    """Wraps a WSGI app. The options are the fields of `leakguard.settings.Settings`.

    Raises `SettingsError` for an option that does not exist or cannot be used, and for an `app`
    that is no WSGI app. Afterwards no error of LeakGuard reaches the app or its callers.
    """

    def __init__(self, app: WSGIApplication, **options: Unpack[Options]) -> None:
        check_is_wsgi(app)
        self._set_up(app, Settings.build(**options))
        self.start()

    @classmethod
    def with_settings(cls, app: WSGIApplication, settings: Settings, rules: object = None) -> Self:
        """Wraps a WSGI app whose settings a framework has read; nothing runs before `start`.

        `rules` is the werkzeug `Map` of the app itself, for the names of apps mounted in it. Raises
        `SettingsError` for an app that has a LeakGuard.
        """
        check_is_not_guarded(app)
        made = cls.__new__(cls)
        made._set_up(app, settings, rules)
        return made

    def start(self) -> None:
        """Samples allocations from now on, if the settings say so, and tells of the token; nothing
        the second time. To be called for what `with_settings` has made."""
        self._first_words.say()
        if self.settings.sampling:
            start_sampling(self.settings.sampling, numpy=self.settings.numpy)

    def _set_up(self, app: WSGIApplication, settings: Settings, rules: object = None) -> None:
        self.settings = settings
        self._path = settings.path
        self._guard = Guard()
        names = WsgiNames(app, settings.max_routes, rules)
        self._ledger = Ledger(names, max_routes=settings.max_routes)
        super().__init__(app, self._ledger, self._path)
        FirstCall.put_into(self)
        self._guard.attempt(frameworks.attach, app)
        self._first_words = FirstWords(settings)
        self.endpoint = Endpoint(
            settings,
            self._ledger.report,
            token=self._first_words.token,
            requests=self._ledger.requests,
            history=self._ledger.history,
        )
        self._ledger.on_tick = self.endpoint.tick

    def is_ours(self, environ: WSGIEnvironment) -> bool:
        path: str = environ.get("PATH_INFO", "")
        return path.startswith(self._path) and path[len(self._path) :][:1] in ("", "/")

    def report(self, error: Exception) -> None:
        self._guard.report(error)

    def answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.endpoint.join()
        asked = Request(environ, populate_request=False)
        request = EndpointRequest(
            method=asked.method,
            path=asked.path[len(self._path) :],
            query=asked.query_string.decode("latin-1"),
            headers=tuple((name.lower(), value) for name, value in asked.headers),
            client=asked.remote_addr or "",
            body=functools.partial(_body, asked),
            scope=environ,
        )
        answer = native.apart(_completed, self.endpoint, request)
        return Response(answer.body, answer.status, answer.headers)(environ, start_response)


async def _body(asked: Request) -> AsyncIterator[bytes]:
    # The loop is this request's own: nothing else waits while it is read.
    while piece := asked.stream.read(_PIECE):
        yield piece


def _completed(endpoint: Endpoint, request: EndpointRequest) -> EndpointResponse:
    """The endpoint's answer, waited for. The thread's own event loop, if it has one, is left
    alone."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _in_private_loop(endpoint, request)
    with ThreadPoolExecutor(1, "leakguard-answer") as pool:
        return pool.submit(_in_private_loop, endpoint, request).result()


def _in_private_loop(endpoint: Endpoint, request: EndpointRequest) -> EndpointResponse:
    # Not asyncio.run(): it would take the thread's current loop away from the app.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(endpoint.answer(request))
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
