"""Real servers, fifty requests at a time: what is counted is what was sent."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import uvicorn
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.http import HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path
from traffic import send


def item(request, pk):
    return HttpResponse("item")


async def item_async(request, pk):
    await asyncio.sleep(0.001)
    return HttpResponse("item")


def broken(request):
    raise RuntimeError("as a view may")


def stream(request):
    return StreamingHttpResponse(b"part" for _ in range(5))


async def stream_async(request):
    async def parts():
        for _ in range(5):
            await asyncio.sleep(0)
            yield b"part"

    return StreamingHttpResponse(parts())


def passes(get_response):
    """A middleware that is sync only: under ASGI ours runs in its thread then."""
    return lambda request: get_response(request)


PASSES = f"{__name__}.passes"
shared = [path("shop/<int:pk>/", item), path("broken/", broken)]


class Urls:
    """URL configurations: one whose streams a WSGI server can send, one for an ASGI server."""

    def __init__(self, *patterns):
        self.urlpatterns = [*shared, *patterns]


WSGI = Urls(path("stream/", stream), path("async/<int:pk>/", item_async))
ASGI = Urls(path("stream/", stream_async), path("async/<int:pk>/", item_async))


@contextmanager
def runserver():
    """What `manage.py runserver` serves with."""
    with ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler) as server:
        server.daemon_threads = True
        server.set_app(WSGIHandler())
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def on_uvicorn():
    config = uvicorn.Config(ASGIHandler(), port=0, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize(
    ("serving", "urls", "before", "after"),
    [
        (runserver, WSGI, [], []),
        (on_uvicorn, ASGI, [], []),
        (on_uvicorn, ASGI, [], [PASSES]),
        (on_uvicorn, ASGI, [PASSES], []),
    ],
)
def test_counts_equal_those_of_the_load(serving, urls, before, after, counted):
    middleware = [*before, "leakguard_django.LeakGuard", *after]
    kinds = ["/shop/{n}/", "/async/{n}/", "/stream/", "/broken/", "/nothing/{n}"]
    with override_settings(ROOT_URLCONF=urls, MIDDLEWARE=middleware), serving() as server:
        with ThreadPoolExecutor(5) as pool:
            sent = pool.map(
                lambda kind: send(f"{server}{kind.format(n=7)}", 60, connections=10), kinds
            )
            statuses = sum(sent, Counter())
        assert statuses == {200: 180, 500: 60, 404: 60}
        deadline = time.monotonic() + 20
        while any(flying for _, _, flying in counted().values()):  # the answer came first
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert counted() == {
        "GET /shop/<int:pk>/": (60, 0, 0),
        "GET /async/<int:pk>/": (60, 0, 0),
        "GET /stream/": (60, 0, 0),
        "GET /broken/": (60, 60, 0),
        "(unmatched)": (60, 0, 0),
    }
