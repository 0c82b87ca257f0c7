"""An application with two leaks beside everything that only looks like one.

GET /orders/{n} leaks an order, GET /audit/{n} a smaller entry; GET /quiet/{n} warms a cache up,
fills bounded caches, flushes a buffer in batches, and makes cyclic garbage.
"""

from __future__ import annotations

import collections
import functools

import cachetools
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from leakguard import LeakGuard


class Order:
    def __init__(self, number: int, size: int = 4_000) -> None:
        self.number = number
        self.payload = bytearray(size)


class Entry:
    def __init__(self, number: int) -> None:
        self.number = number
        self.note = f"audit entry {number} of this process"


class Ring:
    def __init__(self) -> None:
        self.ring = self
        self.payload = bytearray(2_000)


orders: list[Order] = []
audit_log: list[Entry] = []
warm: dict[str, Order] = {}
recent: collections.deque[Order] = collections.deque(maxlen=20_000)
lru: cachetools.LRUCache[str, Order] = cachetools.LRUCache(maxsize=20_000)
batch: list[Order] = []
constants = {f"constant {number}": Order(number) for number in range(1_000)}


@functools.lru_cache(maxsize=20_000)
def bounded(number: int) -> Order:
    return Order(number)


async def order(request: Request) -> JSONResponse:
    orders.append(Order(request.path_params["n"]))
    return JSONResponse({"orders": len(orders)})


async def audit(request: Request) -> JSONResponse:
    audit_log.append(Entry(request.path_params["n"]))
    return JSONResponse({"entries": len(audit_log)})


async def quiet(request: Request) -> PlainTextResponse:
    number: int = request.path_params["n"]
    warm.setdefault(f"key {number % 120}", Order(number))
    recent.append(Order(number))
    lru[f"order {number}"] = Order(number)
    bounded(number)
    batch.append(Order(number))
    if len(batch) >= 130:
        batch.clear()
    Ring()
    return PlainTextResponse("ok")


app = Starlette(
    routes=[
        Route("/orders/{n:int}", order),
        Route("/audit/{n:int}", audit),
        Route("/quiet/{n:int}", quiet),
    ]
)
app.add_middleware(LeakGuard, cooldown=0)
