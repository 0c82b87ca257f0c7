"""Each request replaces the thing; its closure keeps a fact about the one before, not the thing."""

from __future__ import annotations

import os
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from leakguard import LeakGuard

SLOTS = int(os.environ.get("LEAK_SLOTS", "1000000"))


class Thing:
    def __init__(self, some_method: Callable[[], str]) -> None:
        self.payload = [None] * SLOTS  # 8 bytes a slot
        self.some_method = some_method


the_thing: Thing | None = None


def replace_thing() -> None:
    global the_thing
    replaced_something = the_thing is not None

    def some_method() -> str:
        return "a replacement" if replaced_something else "the first"

    the_thing = Thing(some_method)


async def leak(request: Request) -> JSONResponse:
    replace_thing()
    return JSONResponse({"slots": SLOTS})


app = Starlette(routes=[Route("/leak", leak)])
app.add_middleware(LeakGuard)
