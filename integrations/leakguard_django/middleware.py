"""The middleware: counts requests by route, and answers under /_leak. For WSGI and for ASGI.

It works at any place in MIDDLEWARE, but sees only the requests that reach it: it should be first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction

from leakguard.frameworks import KEY
from leakguard.workers import native
from leakguard_django import exchange
from leakguard_django.core import core
from leakguard_django.names import REQUEST, route_of
from leakguard_django.streams import hand_over

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.http import HttpRequest, HttpResponseBase

    from leakguard.routes.ledger import Flight


class LeakGuardMiddleware:
    """Raises `SettingsError` at the start for settings that are wrong; afterwards no error of
    LeakGuard reaches the project."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._core = core()
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self._is_async:
            return self._serve_async(request)
        below = self._core.below(request.path_info)
        if below is not None:
            wait = async_to_sync(exchange.answer)
            answer: HttpResponseBase = native.apart(wait, self._core, request, below)
            return answer
        flight = self._enter(request)
        try:
            response = self._get_response(request)
        except BaseException as error:
            self._land(request, flight, isinstance(error, Exception))
            raise
        return self._end(request, flight, response)

    async def _serve_async(self, request: HttpRequest) -> HttpResponseBase:
        below = self._core.below(request.path_info)
        if below is not None:
            return await exchange.answer(self._core, request, below)
        flight = self._enter(request)
        try:
            response = await self._get_response(request)
        except BaseException as error:  # a task that is cancelled has not failed
            self._land(request, flight, isinstance(error, Exception))
            raise
        return self._end(request, flight, response)

    def _enter(self, request: HttpRequest) -> Flight | None:
        """The flight of `request`; None if a LeakGuard around the project counts it."""
        try:
            if self._core.flight_around(request) is not None:
                return None
            return self._core.ledger.enter({REQUEST: request})
        except Exception as error:
            self._core.guard.report(error)
            return None

    def _end(
        self, request: HttpRequest, flight: Flight | None, response: HttpResponseBase
    ) -> HttpResponseBase:
        """The response is complete, or it streams: then its flight ends when it is closed."""
        if flight is not None:
            flight.status = response.status_code
            if getattr(response, "streaming", False) and hand_over(response, flight, self._leave):
                return response
        self._land(request, flight, False)
        return response

    def _land(self, request: HttpRequest, flight: Flight | None, failed: bool) -> None:
        if flight is not None:
            self._leave(flight, failed)
            return
        try:
            around = self._core.flight_around(request)
            if around is not None:
                around.scope[KEY] = route_of(request)
        except Exception as error:
            self._core.guard.report(error)

    def _leave(self, flight: Flight, failed: bool) -> None:
        try:
            self._core.ledger.leave(flight, failed)
        except Exception as error:
            self._core.guard.report(error)
