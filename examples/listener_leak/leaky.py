"""A client that reconnects to a closed port, and adds a listener at each attempt."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pyee import EventEmitter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from leakguard import LeakGuard

HOST, PORT = "127.0.0.1", 26665  # nothing listens there
INTERVAL = float(os.environ.get("LEAK_INTERVAL", "0.001"))  # seconds between attempts
ATTEMPTS = int(os.environ.get("LEAK_ATTEMPTS", "0"))  # 0: never give up


class Connection:
    """What one attempt needs once it succeeds."""

    def __init__(self, attempt: int) -> None:
        self.attempt = attempt
        self.received = bytearray(1024)

    def on_connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()


class Client:
    def __init__(self) -> None:
        self.emitter = EventEmitter()
        self.attempts = 0

    async def run(self) -> None:
        for attempt in range(ATTEMPTS) if ATTEMPTS else itertools.count():
            await self.connect(Connection(attempt))
            self.attempts = attempt + 1
            await asyncio.sleep(INTERVAL)

    async def connect(self, connection: Connection) -> None:
        self.emitter.add_listener("connect", connection.on_connect)
        try:
            reader, writer = await asyncio.open_connection(HOST, PORT)
        except OSError:
            return
        self.emitter.emit("connect", reader, writer)


client = Client()


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    task = asyncio.create_task(client.run())
    yield
    task.cancel()


async def attempts(request: Request) -> JSONResponse:
    listeners = len(client.emitter.listeners("connect"))
    return JSONResponse({"attempts": client.attempts, "listeners": listeners})


app = Starlette(routes=[Route("/attempts", attempts)], lifespan=lifespan)
app.add_middleware(LeakGuard)
