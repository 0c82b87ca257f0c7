"""An application that leaks nothing and fragments malloc: what it keeps lies between what it freed.

GET /receive/{n} reads messages into large buffers, shrinks each to what came, and remembers the
last of them. What shrinking frees is too small for the next buffer.
"""

from __future__ import annotations

import collections

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from leakguard import LeakGuard

CAPACITY, CAME, TOGETHER = 24_000, 600, 20
WIRE = bytes(CAPACITY)

recent: collections.deque[bytearray] = collections.deque(maxlen=50_000)


async def receive(request: Request) -> PlainTextResponse:
    buffers = [bytearray(WIRE) for _ in range(TOGETHER)]
    for buffer in buffers:
        del buffer[CAME:]
    recent.extend(buffers)
    return PlainTextResponse("ok")


app = Starlette(routes=[Route("/receive/{n:int}", receive)])
app.add_middleware(LeakGuard, cooldown=0)
