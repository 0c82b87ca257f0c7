"""Sends requests straight into a Starlette hello-world: `requests_run.py with|without COUNT`.

Prints the CPU seconds that they took; run under valgrind for the instructions.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from leakguard import LeakGuard

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Message


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello, world")


def make_app(*, guarded: bool) -> Starlette:
    app = Starlette(routes=[Route("/", hello)])
    if guarded:
        app.add_middleware(LeakGuard, token="0123456789abcdef")
    return app


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(message: Message) -> None:
    return None


async def send_requests(app: Starlette, count: int) -> float:
    """CPU seconds of so many requests, one after the other."""
    began = time.thread_time()
    for _ in range(count):
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/",
            "raw_path": b"/",
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"localhost"), (b"user-agent", b"curl/8"), (b"accept", b"*/*")],
            "client": ("127.0.0.1", 40000),
            "server": ("127.0.0.1", 8000),
        }
        await app(scope, _receive, _send)
    return time.thread_time() - began


async def _main(guarded: bool, count: int) -> float:
    app = make_app(guarded=guarded)
    await send_requests(app, 20)
    return await send_requests(app, count)


if __name__ == "__main__":
    print(asyncio.run(_main(sys.argv[1] == "with", int(sys.argv[2]))))
