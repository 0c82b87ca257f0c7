"""Each request adds to a cache that forgets what was used longest ago."""

from __future__ import annotations

import itertools
import os

from cachetools import LRUCache
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from leakguard import LeakGuard

SLOTS = int(os.environ.get("LEAK_SLOTS", "1000000"))

ARR: LRUCache[int, list[None]] = LRUCache(maxsize=4)
numbers = itertools.count()


async def arr(request: Request) -> JSONResponse:
    ARR[next(numbers)] = [None] * SLOTS  # 8 bytes a slot
    return JSONResponse({"held": len(ARR)})


app = Starlette(routes=[Route("/arr", arr)])
app.add_middleware(LeakGuard)
