"""Each request appends to a module-level list that nothing ever empties."""

from __future__ import annotations

import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from leakguard import LeakGuard

SLOTS = int(os.environ.get("LEAK_SLOTS", "1000000"))

ARR: list[list[None]] = []


async def arr(request: Request) -> JSONResponse:
    ARR.append([None] * SLOTS)  # 8 bytes a slot
    return JSONResponse({"held": len(ARR)})


app = Starlette(routes=[Route("/arr", arr)])
app.add_middleware(LeakGuard)
