"""Thirteen routes of which three leak, and clients that ask for them at random, many at a time."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from starlette.requests import Request

CLEAN = [f"clean-{letter}" for letter in "abcdefghij"]
CLIENTS = 64
THREADS = 8


class Shop:
    """What all routes do, and which of them leak how."""

    def __init__(self, leaks: Mapping[str, Callable[[], None]], seed: int = 1) -> None:
        self.leaks = leaks
        self.routes = [*leaks, *CLEAN]
        self.requests: Counter[str] = Counter()
        self._seed = seed

    def numbers(self, client: int = 0) -> random.Random:
        """The same choices in each run."""
        return random.Random(self._seed * 1009 + client)

    def choose(self, numbers: random.Random) -> str:
        """A route to ask for."""
        route = numbers.choice(self.routes)
        self.requests[route] += 1
        return route

    def work(self, route: str, numbers: random.Random) -> Iterator[float]:
        """One request; gives the seconds for which it waits for others meanwhile."""
        churn(numbers.randrange(2, 20))
        yield 0.0
        churn(numbers.randrange(2, 10))
        if route in self.leaks:
            self.leaks[route]()
        if numbers.random() < 0.3:
            yield numbers.random() * 0.002
        churn(numbers.randrange(1, 8))
        yield 0.0


def churn(count: int) -> int:
    """What a handler does with data; nothing of it stays."""
    rows = [
        {"id": i, "name": f"user-{i}", "score": i * 1.5, "tags": ["a", str(i)]}
        for i in range(count)
    ]
    text = json.dumps(rows)
    return len(json.loads(text)) + len(bytearray(count * 1000))


def asgi(shop: Shop) -> Starlette:
    """The shop as an ASGI app."""
    numbers = shop.numbers()

    def endpoint(route: str) -> Callable[[Request], Awaitable[PlainTextResponse]]:
        async def answer(request: Request) -> PlainTextResponse:
            for seconds in shop.work(route, numbers):
                await asyncio.sleep(seconds)
            return PlainTextResponse("done")

        return answer

    return Starlette(routes=[Route(f"/{route}", endpoint(route)) for route in shop.routes])


def wsgi(shop: Shop) -> Callable[..., list[bytes]]:
    """The shop as a WSGI app."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        for seconds in shop.work(environ["PATH_INFO"].lstrip("/"), environ["numbers"]):
            time.sleep(seconds)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"done"]

    return app


async def ask(app: Any, path: str, token: str = "") -> bytes:
    """One request to an ASGI app, as a server makes it; the body of the answer."""
    body = bytearray()

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        body.extend(message.get("body", b""))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost"), (b"accept", b"application/json")]
        + ([(b"authorization", b"Bearer " + token.encode())] if token else []),
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 80),
    }
    await app(scope, receive, send)
    return bytes(body)


async def serve_asyncio(shop: Shop, app: Any, requests: int) -> None:
    """`requests` requests, 64 at a time, each in a task of its own."""
    numbers = shop.numbers(99)
    room = asyncio.Semaphore(CLIENTS)
    running: set[asyncio.Task[bytes]] = set()

    def ended(task: asyncio.Task[bytes]) -> None:
        running.discard(task)
        room.release()

    for _ in range(requests):
        await room.acquire()
        task = asyncio.create_task(ask(app, f"/{shop.choose(numbers)}"))
        running.add(task)
        task.add_done_callback(ended)
    while running:
        await asyncio.sleep(0.001)


def call(app: Any, path: str, token: str = "", **more: Any) -> bytes:
    """One request to a WSGI app, as a server makes it; the body of the answer."""
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "HTTP_ACCEPT": "application/json",
        "wsgi.url_scheme": "http",
        **({"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}),
        **more,
    }
    answer = app(environ, lambda status, headers, exc_info=None: None)
    try:
        return b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()


def serve_threads(shop: Shop, app: Any, requests: int) -> None:
    """`requests` requests by eight threads."""

    def client(index: int) -> None:
        numbers = shop.numbers(index)
        for _ in range(requests // THREADS):
            call(app, f"/{shop.choose(numbers)}", numbers=numbers)

    threads = [threading.Thread(target=client, args=(index,)) for index in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
