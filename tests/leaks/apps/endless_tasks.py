"""Tasks that wait for what never comes."""

from __future__ import annotations

import asyncio

from serving import serving

WAITING = set()


async def answer_of(number):
    body = [f"{number} {at}" for at in range(5)]
    await asyncio.Event().wait()
    return body


async def poll(number):
    task = asyncio.create_task(answer_of(number))
    WAITING.add(task)
    task.add_done_callback(WAITING.discard)


app = serving({"/poll/{n}": poll})
