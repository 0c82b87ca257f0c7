"""sse-starlette: each stream starts a watcher that goes on when the stream has ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from serving import serving
from sse_starlette import EventSourceResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def events() -> AsyncIterator[dict[str, str]]:
    yield {"data": "started"}


async def stays() -> dict[str, Any]:
    await asyncio.sleep(60)
    return {"type": "http.disconnect"}


async def nobody(message: Any) -> None:
    """Takes what is sent."""


async def stream(number: int) -> None:
    await EventSourceResponse(events())({"type": "http"}, stays, nobody)


app = serving({"/events/{n}": stream})
