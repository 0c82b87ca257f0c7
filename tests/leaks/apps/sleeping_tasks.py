"""Tasks that nobody keeps but the event loop: they sleep for a day."""

from __future__ import annotations

import asyncio

from serving import serving


async def remind(number):
    body = [f"{number} {at}" for at in range(5)]
    await asyncio.sleep(86_400)
    return body


async def order(number):
    asyncio.get_running_loop().call_soon(asyncio.ensure_future, remind(number))


app = serving({"/order/{n}": order})
