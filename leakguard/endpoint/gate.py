"""Who may ask: the screen, the lock-out, the token, the `authorize` callable, in this order."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import math
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from leakguard.endpoint import credentials
from leakguard.endpoint.messages import Refusal
from leakguard.endpoint.screen import screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from leakguard.endpoint.lockout import Lockout
    from leakguard.endpoint.messages import EndpointRequest
    from leakguard.settings import Settings

logger = logging.getLogger("leakguard")


class Gate:
    """Lets a request in or raises `Refusal`.

    `token` None and no `authorize`: nobody gets in, since there is nothing to check against.
    """

    def __init__(self, settings: Settings, token: str | None, lockout: Lockout) -> None:
        self._allowed_hosts = settings.allowed_hosts
        self._authorize = settings.authorize
        self._token = token
        self._lockout = lockout

    async def admit(self, request: EndpointRequest) -> str:
        """How the reader proved itself: "bearer", "basic" or "authorize"."""
        screen(request, self._allowed_hosts)
        if left := self._lockout.seconds_left():
            raise Refusal(
                429,
                "Too many wrong credentials; wait, then try again.",
                [("retry-after", str(math.ceil(left)))],
            )
        if _has_token_parameter(request.query):
            raise Refusal(
                400,
                "A token in the address ends up in logs and histories. Send it as a header: "
                "'Authorization: Bearer <token>'.",
            )
        credential = credentials.read(request.header("authorization"))
        if credential and self._token is not None and credential.is_token(self._token):
            return credential.scheme
        if self._authorize is not None and await _asks(self._authorize, request):
            return "authorize"
        # Nothing presented is nothing guessed: a browser always asks without at first.
        if credential and self._lockout.failed():
            logger.warning("many wrong credentials for the endpoint: locked for a minute")
        if self._token is None and self._authorize is None:
            raise Refusal(
                503, "This endpoint has no token to check against; the server's log says why."
            )
        raise Refusal(
            401,
            "Credentials are needed: 'Authorization: Bearer <token>', or HTTP Basic with the "
            "token as the password.",
            credentials.CHALLENGES,
        )


async def _asks(authorize: Callable[[EndpointRequest], object], request: EndpointRequest) -> bool:
    try:
        if _is_async(authorize):
            answer = authorize(request)
        else:
            # It may look into a database: not on the event loop.
            answer = await asyncio.to_thread(authorize, request)
        if inspect.isawaitable(answer):
            answer = await answer
        return bool(answer)
    except Exception:
        logger.exception("the authorize callable raised: the request is refused")
        return False


def _is_async(function: object) -> bool:
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004  # an object with an async __call__
    )


def _has_token_parameter(query: str) -> bool:
    try:
        names = [name for name, _ in parse_qsl(query, keep_blank_values=True)]
    except ValueError:
        return False
    return any(name.lower() in ("token", "access_token") for name in names)
