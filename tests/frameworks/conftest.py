"""One shop, made with every framework (`apps/`), and how each is asked."""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import inspect
import sys
from pathlib import Path

import httpx
import pytest

from leakguard import asgi, wsgi

HERE = Path(__file__).parent
sys.path.append(str(HERE))  # the small shops beside this file: tests are no package

TOKEN = "a-token-that-nobody-may-see"
NAMES = sorted(path.stem for path in (HERE / "apps").glob("*_shop.py"))


@pytest.fixture(autouse=True)
def alone(on_its_own, nothing_found):
    pass


class Shop:
    """What the app of a framework is made with, and the guarded app."""

    def __init__(self, name):
        self.module = _load(name)
        self.templates = self.module.TEMPLATES
        self.kept = []
        self.seen = []
        """The names of the requests that were in flight when the app looked."""
        self.bare = self.module.make(self)
        self.is_asgi = _is_asgi(self.bare)

    def wrap(self, **options):
        """LeakGuard around the app."""
        wrapper = asgi.LeakGuard if self.is_asgi else wsgi.LeakGuard
        self.app = wrapper(self.bare, **{"token": TOKEN, "sampling": False, **options})

    def install(self, **options):
        """LeakGuard added as the framework adds a middleware."""
        self.app = self.module.install(self.bare, token=TOKEN, sampling=False, **options)

    def ask(self, *asked, raise_errors=False):
        """The answers to "METHOD PATH"."""
        return ask(self.app, *asked, raise_errors=raise_errors)

    def figures(self):
        """Requests and errors by route, as the endpoint tells them."""
        return figures(self.app)

    def live_bytes(self):
        """What is alive by route, as the endpoint tells it."""
        return {row["route"]: row["live_bytes"] for row in rows(self.app)}

    def connect(self, path):
        """Opens a websocket, and waits until the app has closed it and ended."""
        opened, closed = [], asyncio.Event()

        async def receive():
            if opened:
                await closed.wait()
                return {"type": "websocket.disconnect", "code": 1000}
            opened.append(True)
            return {"type": "websocket.connect"}

        async def send(message):
            if message["type"] == "websocket.close":
                closed.set()

        scope = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(b"host", b"shop.test")],
            "subprotocols": [],
        }
        asyncio.run(self.app(scope, receive, send))

    def look(self):
        """Called by the app: who is in flight."""
        in_flight = {row.route for row in self.app._ledger.rows() if row.in_flight}
        self.seen.append(in_flight)

    def keep(self):
        self.kept.append(bytearray(100_000))

    def chunks(self):
        for _ in range(3):
            self.look()
            yield b"chunk"

    async def chunks_async(self):
        for chunk in self.chunks():
            yield chunk
            await asyncio.sleep(0)


@functools.cache
def _load(name):
    path = Path(__file__).with_name("apps") / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # some frameworks look there for what an app is made in
    spec.loader.exec_module(module)
    return module


def _is_asgi(app):
    return any(map(inspect.iscoroutinefunction, (app, type(app).__call__)))


@pytest.fixture(params=NAMES)
def shop(request):
    return Shop(request.param)


@pytest.fixture(params=[name for name in NAMES if "plain" not in name])
def framework_shop(request):
    return Shop(request.param)


def ask(app, *asked, raise_errors=False, root="", headers=()):
    """The answers of an ASGI or a WSGI app to "METHOD PATH"; `root` is where it is mounted."""
    base = {"base_url": "http://shop.test", "headers": dict(headers)}
    lines = [line.split() for line in asked]
    if not _is_asgi(app) and not isinstance(app, asgi.LeakGuard):
        with httpx.Client(transport=httpx.WSGITransport(app, script_name=root), **base) as client:
            return [_answer(client, line, raise_errors) for line in lines]

    async def run():
        transport = httpx.ASGITransport(app, raise_errors, root_path=root)
        async with httpx.AsyncClient(transport=transport, **base) as client:
            return [await client.request(*line) for line in lines]

    return asyncio.run(run())


def _answer(client, line, raise_errors):
    try:
        return client.request(*line)
    except ValueError:  # of the app, to the server
        if raise_errors:
            raise
        return httpx.Response(500)


def rows(app):
    headers = {"authorization": f"Bearer {TOKEN}"}
    (answer,) = ask(app, "GET /_leak?format=json", headers=headers, raise_errors=True)
    return answer.json()["routes"]


def figures(app):
    return {row["route"]: (row["requests"], row["errors"]) for row in rows(app)}


@pytest.fixture(name="ask")
def asking():
    return ask


@pytest.fixture(name="figures")
def telling():
    return figures


@pytest.fixture
def make_shop():
    return Shop


@pytest.fixture
def token():
    return TOKEN
