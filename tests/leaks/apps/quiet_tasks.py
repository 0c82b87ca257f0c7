"""Background tasks that end, timers that fire, callbacks that are taken away."""

from __future__ import annotations

import asyncio

from serving import serving

RUNNING = set()
listeners = []


async def send(number):
    body = [f"{number} {at}" for at in range(10)]
    await asyncio.sleep(0.001)
    return body


async def mail(number):
    task = asyncio.create_task(send(number))
    RUNNING.add(task)
    task.add_done_callback(RUNNING.discard)

    def changed():
        return number

    listeners.append(changed)
    await asyncio.sleep(0)
    listeners.remove(changed)


app = serving({"/mail/{n}": mail})
