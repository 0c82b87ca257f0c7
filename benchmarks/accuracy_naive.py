"""What people try first: a figure of the whole process before and after each request.

Under concurrency the difference holds what all other requests did meanwhile.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import tracemalloc
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from accuracy_app import Shop, asgi, serve_asyncio, serve_threads, wsgi

if TYPE_CHECKING:
    from collections.abc import Callable

_STATM = os.open("/proc/self/statm", os.O_RDONLY)
_PAGE = os.sysconf("SC_PAGESIZE")


def rss_bytes() -> int:
    """pread: threads share the descriptor."""
    return int(os.pread(_STATM, 200, 0).split()[1]) * _PAGE


def traced_bytes() -> int:
    return tracemalloc.get_traced_memory()[0]


PROBES: dict[str, Callable[[], int]] = {
    "rss": rss_bytes,
    "tracemalloc": traced_bytes,
    "blocks": sys.getallocatedblocks,
}


def measure(shop: Shop, mode: str, requests: int, what: str) -> dict[str, float]:
    """The sum of the differences by route, over its requests."""
    probe = PROBES[what]
    if what == "tracemalloc":
        tracemalloc.start()
    sums: dict[str, int] = defaultdict(int)
    lock = threading.Lock()

    def add(route: str, difference: int) -> None:
        with lock:
            sums[route] += difference

    if mode == "asyncio":
        app = asgi(shop)

        async def around(scope: Any, receive: Any, send: Any) -> None:
            before = probe()
            await app(scope, receive, send)
            add(scope["path"].lstrip("/"), probe() - before)

        asyncio.run(serve_asyncio(shop, around, requests))
    else:
        inner = wsgi(shop)

        def beside(environ: dict[str, Any], start_response: Any) -> list[bytes]:
            before = probe()
            answer = inner(environ, start_response)
            add(environ["PATH_INFO"].lstrip("/"), probe() - before)
            return answer

        serve_threads(shop, beside, requests)
    return {route: sums[route] / shop.requests[route] for route in shop.routes}
