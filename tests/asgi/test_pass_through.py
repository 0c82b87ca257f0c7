from __future__ import annotations

import asyncio
import gc
from contextlib import asynccontextmanager

import pytest
from asgi_scopes import HTTP, WEBSOCKET
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route, WebSocketRoute

from leakguard.asgi import LeakGuard

TOKEN = "a-token-that-nobody-may-see"
LIFESPAN = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}


def busy_app(events):
    @asynccontextmanager
    async def lifespan(app):
        events.append("up")
        yield {"key": "value"}
        events.append("down")

    async def chat(websocket):
        await websocket.accept()
        text = await websocket.receive_text()
        await websocket.send_text(text.upper())
        await websocket.close(code=4000)

    async def stream(request):
        async def parts():
            for number in range(5):
                yield f"part {number}\n"

        return StreamingResponse(parts(), headers={"x-one": "1"})

    return Starlette(
        lifespan=lifespan, routes=[WebSocketRoute("/ws", chat), Route("/stream", stream)]
    )


@pytest.mark.parametrize(
    ("scope", "incoming"),
    [
        (LIFESPAN, [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]),
        (WEBSOCKET, [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": "hi"}]),
        (WEBSOCKET | {"path": "/_leak"}, [{"type": "websocket.connect"}]),
        (WEBSOCKET | {"path": "/nowhere"}, [{"type": "websocket.connect"}]),
        (HTTP, [{"type": "http.request", "body": b""}]),
        (HTTP | {"path": "/missing"}, [{"type": "http.request", "body": b""}]),
        (HTTP | {"method": "HEAD"}, [{"type": "http.request", "body": b""}]),
    ],
)
def test_the_messages_are_those_of_the_app_alone(scope, incoming, recorded):
    bare_events, events = [], []
    bare = recorded(busy_app(bare_events), scope, incoming)
    inside = busy_app(events)
    inside.add_middleware(LeakGuard, token=TOKEN)
    assert recorded(inside, scope, incoming) == bare
    assert recorded(LeakGuard(busy_app([]), token=TOKEN), scope, incoming) == bare
    assert events == bare_events
    assert bare


@pytest.mark.parametrize("scope", [LIFESPAN, WEBSOCKET, {"type": "a-later-protocol"}])
def test_what_is_not_http_gets_the_very_objects_of_the_server(scope):
    seen = []

    async def app(*arguments):
        seen.extend(arguments)

    async def receive():
        return {}

    async def send(message):
        pass

    arguments = (dict(scope), receive, send)
    asyncio.run(LeakGuard(app, token=TOKEN)(*arguments))
    assert all(got is given for got, given in zip(seen, arguments, strict=True))


def test_an_app_is_garbage_together_with_a_request_that_nobody_awaits():
    closed = []

    class Never:
        def __await__(self):
            yield

    def make():
        cycle = []

        async def app(scope, receive, send):
            try:
                await Never()
            finally:
                closed.append(len(cycle))

        wrapped = LeakGuard(app, token=TOKEN, baseline=False, sampling=False)
        request = wrapped(dict(HTTP), None, None)
        request.send(None)
        cycle.append([request, wrapped])  # made last: it is taken apart last

    for _ in range(3):
        make()
        gc.collect()
    assert closed == [1] * 3
