"""LeakGuard for ASGI: one middleware that counts requests by route and answers under /_leak.

app.add_middleware(LeakGuard)                      # Starlette, FastAPI
app = LeakGuard(app, token=..., path="/_leak")     # any ASGI app
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Unpack

from leakguard import frameworks
from leakguard.endpoint import Endpoint, EndpointRequest
from leakguard.endpoint.first_words import token_at_start
from leakguard.first_call import FirstCall
from leakguard.guard import Guard
from leakguard.routes import AsgiNames, Ledger
from leakguard.routes._flight import Middleware
from leakguard.routes.sampling import start_or_log as start_sampling
from leakguard.settings import Options, Settings
from leakguard.wrapping import check_is_asgi, errors_are_told

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from leakguard.endpoint import EndpointResponse


class LeakGuard(Middleware):
    """Wraps an ASGI app. The options are the fields of `leakguard.settings.Settings`.

    Raises `SettingsError` for an option that does not exist or cannot be used, and for an `app`
    that is no ASGI app. Afterwards no error of LeakGuard reaches the app or its callers.
    """

    def __init__(self, app: ASGIApp, **options: Unpack[Options]) -> None:
        with errors_are_told():
            check_is_asgi(app)
            self.settings = settings = Settings.build(**options)
        self._path = settings.path
        self._guard = Guard()
        names = AsgiNames(settings.max_routes, app)
        self._ledger = Ledger(names, max_routes=settings.max_routes)
        super().__init__(app, self._ledger, self._path)
        FirstCall.put_into(self)
        self._guard.attempt(frameworks.attach, app)
        if settings.sampling:
            start_sampling(settings.sampling, numpy=settings.numpy)
        self.endpoint = Endpoint(
            settings,
            self._ledger.report,
            token=token_at_start(settings),
            requests=self._ledger.requests,
            history=self._ledger.history,
        )
        self._ledger.on_tick = self.endpoint.tick
        # A call goes to the native slot, past this attribute. Servers look at it to tell ASGI 3
        # apps from older ones: it must be a coroutine function.
        self.__dict__["__call__"] = functools.partial(_serve, self)

    def is_ours(self, scope: Scope) -> bool:
        return _below(self._path, _route_path(scope)) is not None

    def is_hang_up(self, error: Exception) -> bool:
        """The client went away: Starlette and uvicorn raise this through the app."""
        names = {cls.__name__ for cls in type(error).__mro__}
        return not names.isdisjoint(
            {"ClientDisconnect", "ClientDisconnected", "WebSocketDisconnect"}
        )

    def report(self, error: Exception) -> None:
        self._guard.report(error)

    async def live(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.endpoint.join(again=True)
        try:
            await self.app(scope, receive, send)
        finally:
            # Some servers kill themselves after this: no exit handler would run. An app that
            # knows no lifespan ends it at once, before the first request, and goes on.
            if any(self._ledger.requests().values()):
                self.endpoint.leave()

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.endpoint.join()
        request = EndpointRequest(
            method=scope["method"],
            path=_below(self._path, _route_path(scope)) or "",
            query=scope.get("query_string", b"").decode("latin-1"),
            headers=tuple(
                (name.decode("latin-1").lower(), value.decode("latin-1"))
                for name, value in scope["headers"]
            ),
            client=(scope.get("client") or ("",))[0] or "",
            body=functools.partial(_body, receive),
            scope=scope,
        )
        await _send(await self.endpoint.answer(request), request.method, send)


async def _serve(app: LeakGuard, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return  # the client has gone, and what it sent is not whole
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def _send(response: EndpointResponse, method: str, send: Send) -> None:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in response.headers]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    body = b"" if method == "HEAD" else response.body
    await send({"type": "http.response.body", "body": body})


def _route_path(scope: Scope) -> str:
    """The path below the root path, as Starlette sees it; not every server cuts that off."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    below = path[len(root) :]
    return below if root and path.startswith(root) and below[:1] in ("", "/") else path


def _below(own: str, path: str) -> str | None:
    """What follows the endpoint's own path; None if `path` is the app's."""
    if not path.startswith(own):
        return None
    rest = path[len(own) :]
    return rest if rest[:1] in ("", "/") else None
