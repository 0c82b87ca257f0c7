from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from leakguard import LeakGuard


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello, world")


app = Starlette(routes=[Route("/", hello)])
app.add_middleware(LeakGuard)
