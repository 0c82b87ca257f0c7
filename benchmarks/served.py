"""The application that the end-to-end benchmark asks: a shop's heap behind one line."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import heap
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from leakguard import LeakGuard

if TYPE_CHECKING:
    from starlette.requests import Request

SHOP = heap.build(int(os.environ["BENCH_OBJECTS"]))


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{len(SHOP.sessions)} sessions")


app = Starlette(routes=[Route("/", hello)])
app.add_middleware(LeakGuard, cooldown=0)
