"""databases 0.7: each Database has a context variable, and a long-lived task's context keeps it.

The task is the app's worker: it does what requests have queued, for as long as the server runs.
"""

from __future__ import annotations

import asyncio

from databases import Database
from serving import serving

queue: asyncio.Queue[asyncio.Future[None]] = asyncio.Queue()
worker: asyncio.Task[None] | None = None


async def work() -> None:
    while True:
        done = await queue.get()
        database = Database("sqlite:///:memory:")
        await database.connect()
        await database.fetch_all("select 1")
        await database.disconnect()
        done.set_result(None)


async def report(number: int) -> None:
    global worker
    if worker is None:
        worker = asyncio.create_task(work())
    done = asyncio.get_running_loop().create_future()
    queue.put_nowait(done)
    await done


app = serving({"/report/{n}": report})
