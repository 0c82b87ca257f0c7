"""Requests and responses of Django as those of the endpoint."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse

from leakguard.endpoint import EndpointRequest
from leakguard_django.names import REQUEST

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from leakguard_django.core import Core


_PIECE = 1 << 16


async def answer(core: Core, request: Any, below: str) -> HttpResponse:
    """The endpoint's answer to `request`, whose path goes on with `below` after its own."""
    if core.flight_around(request) is None:  # else the one around makes this process known
        core.endpoint.join()
    given = getattr(request, "scope", None) or request.META
    asked = EndpointRequest(
        method=request.method,
        path=below,
        query=request.META.get("QUERY_STRING", ""),
        headers=_headers(request),
        client=request.META.get("REMOTE_ADDR", ""),
        body=functools.partial(_body, request),
        own=None if below else request.path.rpartition("/")[2],
        scope={**given, REQUEST: request},
    )
    answered = await core.endpoint.answer(asked)
    body = b"" if request.method == "HEAD" else answered.body
    response = HttpResponse(body, status=answered.status)
    del response.headers["Content-Type"]
    for name, value in answered.headers:
        several = f"{response.headers[name]}, {value}" if name in response.headers else value
        response.headers[name] = several
    return response


async def _body(request: Any) -> AsyncIterator[bytes]:
    # It has been received before Django makes a request of it, or the loop is this request's own.
    while piece := request.read(_PIECE):
        yield piece


def _headers(request: Any) -> tuple[tuple[str, str], ...]:
    scope = getattr(request, "scope", None)
    if scope is None:
        return tuple((name.lower(), value) for name, value in request.headers.items())
    # As often as they were sent: Django joins them.
    return tuple(
        (name.decode("latin-1").lower(), value.decode("latin-1"))
        for name, value in scope["headers"]
    )
