"""aiohttp: each request that no route takes adds its own entry to a cache without a bound."""

from __future__ import annotations

import tempfile
from pathlib import Path

import aiohttp
from aiohttp import web
from serving import serving

SOCKET = str(Path(tempfile.mkdtemp()) / "inner")


@web.middleware
async def passed_on(request, handler):
    return await handler(request)


async def index(request):
    return web.Response(text="index")


class Inner:
    """The aiohttp server behind the proxy, started by the first request."""

    client: aiohttp.ClientSession | None = None

    @classmethod
    async def start(cls):
        if cls.client is None:
            cls.client = aiohttp.ClientSession(connector=aiohttp.UnixConnector(SOCKET))
            inner = web.Application(middlewares=[passed_on])
            inner.router.add_get("/", index)
            runner = web.AppRunner(inner, access_log=None)
            await runner.setup()
            await web.UnixSite(runner, SOCKET).start()
        return cls.client


async def proxy(number):
    client = await Inner.start()
    async with client.post("http://inner/") as response:
        await response.read()


app = serving({"/proxy/{n}": proxy})
