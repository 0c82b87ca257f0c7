"""Quart: a receiver of its signals says the URL rule of each request and websocket."""

from __future__ import annotations

from typing import Any

from leakguard.frameworks import KEY


def attach(app: Any) -> None:
    """Connects the receivers to a `Quart`; a second time changes nothing."""
    from quart.signals import request_started, websocket_started

    request_started.connect(_tell_request, app)
    websocket_started.connect(_tell_websocket, app)


# Quart would run a receiver that is no coroutine function in another thread.


async def _tell_request(_app: Any, **_: Any) -> None:
    from quart import request

    _tell(request)


async def _tell_websocket(_app: Any, **_: Any) -> None:
    from quart import websocket

    _tell(websocket)


def _tell(asked: Any) -> None:
    rule = asked.url_rule
    asked.scope[KEY] = None if rule is None else rule.rule
