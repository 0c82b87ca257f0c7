"""The analysis of real heaps: processes that leak in one known way, and processes that do not."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

from leakguard.analysis import _graph
from leakguard.analysis.findings import Findings
from leakguard.analysis.heap import Heap
from leakguard.image import HeapImage

RUN = """
import json, sys
sys.path.insert(0, sys.argv[1])
import shop
from leakguard.analysis import analyse
from leakguard.pipeline import snapshot
def report():
    with snapshot(sys.argv[2]) as image:
        print(json.dumps(analyse(image).to_dict()))
shop.main(report)
"""


def run(tmp_path, source):
    """Run `main(report)` of a module `shop` in a process of its own; what its heap told."""
    (tmp_path / "shop.py").write_text(textwrap.dedent(source))
    command = [sys.executable, "-P", "-c", RUN, str(tmp_path), str(tmp_path / "shop.lgheap")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return Findings.from_dict(json.loads(done.stdout))


LEAKS = {
    "global list": (
        """
        ARR = []
        def main(report):
            for _ in range(10):
                ARR.append([None] * 1_000_000)
            report()
        """,
        ("global-cache", "shop.ARR", "list", 10),
    ),
    "class attribute": (
        """
        class Cart:
            seen = {}
            def __init__(self, number):
                self.number = number
                self.seen[number] = self
        def main(report):
            for number in range(1000, 6000):
                Cart(number)
            report()
        """,
        ("global-cache", "shop.Cart.seen", "shop.Cart", 5000),
    ),
    "two owners": (
        """
        from collections import deque
        class Registry:
            def __init__(self):
                self.by_id, self.recent = {}, deque()
        class Cart:
            def __init__(self, number):
                self.lines = [number]
        REGISTRY = Registry()
        def main(report):
            for number in range(1000, 6000):
                cart = REGISTRY.by_id[f"c{number}"] = Cart(number)
                REGISTRY.recent.append(cart)
            report()
        """,
        ("global-cache", "shop.REGISTRY.by_id", "shop.Cart", 5000),
    ),
    "closure": (
        """
        class Thing:
            pass
        the_thing = None
        def replace_thing():
            global the_thing
            original = the_thing
            def replaced():
                return original is not None
            the_thing = Thing()
            the_thing.payload = [None] * 10_000
            the_thing.method = replaced
        def main(report):
            for _ in range(200):
                replace_thing()
            report()
        """,
        ("closure", "shop.the_thing", "shop.Thing", 200),
    ),
    "listener": (
        """
        from pyee import EventEmitter
        EMITTER = EventEmitter()
        def attempt(number):
            def on_connect():
                return number
            EMITTER.on("connect", on_connect)
        def main(report):
            for number in range(1000, 6000):
                attempt(number)
            report()
        """,
        ("listener", "shop.EMITTER._events['connect']", "function", 5000),
    ),
    "lru_cache": (
        """
        import functools
        @functools.cache
        def load(number):
            return {"number": number}
        def main(report):
            for number in range(1000, 6000):
                load(number)
            report()
        """,
        ("lru-cache", "shop.load", "dict", 5000),
    ),
    "context variable": (
        """
        import contextvars
        LOG = contextvars.ContextVar("request_log")
        def main(report):
            LOG.set([])
            for number in range(1000, 6000):
                LOG.get().append({"number": number})
            report()
        """,
        ("context-variable", "context variable 'request_log'", "dict", 5000),
    ),
    "thread-local": (
        """
        import threading
        LOCAL = threading.local()
        def main(report):
            LOCAL.queries = [{"number": number} for number in range(1000, 6000)]
            report()
        """,
        ("thread-local", "shop.LOCAL.queries", "dict", 5000),
    ),
    "tasks": (
        """
        import asyncio
        BACKGROUND = set()
        async def forever():
            for _ in range(2000):
                BACKGROUND.add(asyncio.create_task(asyncio.Event().wait()))
            await asyncio.sleep(0)
        def main(report):
            async def run():
                await forever()
                report()
                for task in BACKGROUND:
                    task.cancel()
            asyncio.run(run())
        """,
        ("task", "shop.BACKGROUND", "_asyncio.Task", 2000),
    ),
    "exceptions": (
        """
        ERRORS = []
        def pay(number):
            detail = {"number": number}
            raise ValueError(detail)
        def main(report):
            for number in range(1000, 4000):
                try:
                    pay(number)
                except ValueError as error:
                    ERRORS.append(error)
            report()
        """,
        ("exception", "shop.ERRORS", "ValueError", 3000),
    ),
    "logging handler": (
        """
        import logging.handlers
        HANDLER = logging.handlers.MemoryHandler(1_000_000)
        def main(report):
            logger = logging.getLogger("shop")
            logger.addHandler(HANDLER)
            for number in range(3000):
                logger.warning("paid %s", number)
            report()
            HANDLER.buffer.clear()
        """,
        ("logging-handler", "shop.HANDLER.buffer", "logging.LogRecord", 3000),
    ),
    "local of a running function": (
        """
        def main(report):
            pending = [{"number": number} for number in range(1000, 6000)]
            report()
            pending.clear()
        """,
        ("other", "shop.main.pending", "dict", 5000),
    ),
    "buffer that only grows": (
        """
        BUFFER = bytearray()
        def main(report):
            BUFFER.extend(bytes(60_000_000))
            report()
            BUFFER.clear()
        """,
        ("global-cache", "shop.BUFFER", "bytearray", 1),
    ),
    "variable that closures share": (
        """
        import asyncio
        def main(report):
            async def run():
                done = asyncio.Event()
                async def wait():
                    await done.wait()
                tasks = [asyncio.create_task(wait()) for _ in range(2000)]
                del tasks
                await asyncio.sleep(0)
                report()
                done.set()
            asyncio.run(run())
        """,
        ("task", "shop.main.<locals>.run.done._waiters", "_asyncio.Future", 2000),
    ),
    "linked list": (
        """
        head = None
        def main(report):
            global head
            for number in range(1000, 6000):
                head = {"before": head, "number": number}
            report()
            while head:
                head = head["before"]
        """,
        ("other", "shop.head", "dict", 5000),
    ),
}


@pytest.mark.parametrize("name", LEAKS)
def test_the_holder_is_the_first_suspect(tmp_path, name):
    source, expected = LEAKS[name]
    findings = run(tmp_path, source)
    first = findings.suspects[0]
    assert (first.kind, first.holder, first.object_type, first.object_count) == expected
    assert findings.verdict.kind == expected[0]
    assert len(findings.suspects) == 1


QUIET = {
    "subclass of a bounded cache": """
        import cachetools
        class Pages(cachetools.LRUCache):
            pass
        PAGES = Pages(maxsize=100_000)
        def main(report):
            for number in range(20_000):
                PAGES[number] = f"{number}" * 100
            report()
        """,
    "starlette": """
        from starlette.applications import Starlette
        from starlette.responses import PlainTextResponse
        from starlette.routing import Route
        from starlette.testclient import TestClient
        app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("hello"))])
        def main(report):
            with TestClient(app) as client:
                for _ in range(20):
                    assert client.get("/").text == "hello"
                report()
        """,
    "fastapi and sqlalchemy": """
        from fastapi import FastAPI
        from fastapi.testclient import TestClient
        from pydantic import BaseModel
        from sqlalchemy import create_engine
        from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
        class Base(DeclarativeBase):
            pass
        class User(Base):
            __tablename__ = "user"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]
        class Item(BaseModel):
            name: str
        app = FastAPI()
        @app.get("/")
        def home() -> Item:
            return Item(name="hello")
        def main(report):
            engine = create_engine("sqlite://")
            Base.metadata.create_all(engine)
            with Session(engine) as session, TestClient(app) as client:
                session.add_all(User(name=str(number)) for number in range(50))
                session.commit()
                for _ in range(20):
                    assert client.get("/").json() == {"name": "hello"}
                assert client.get("/openapi.json").status_code == 200
                report()
            engine.dispose()
        """,
    "django": """
        import django
        from django.conf import settings
        from django.http import HttpResponse
        from django.test import Client
        from django.urls import path
        urlpatterns = [path("", lambda request: HttpResponse("hello"))]
        def main(report):
            settings.configure(
                ROOT_URLCONF=__name__, SECRET_KEY="x", ALLOWED_HOSTS=["*"],
                INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
                MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
            )
            django.setup()
            for _ in range(20):
                assert Client().get("/").content == b"hello"
            report()
        """,
    "bounded caches": """
        import functools
        from collections import deque
        from cachetools import LRUCache
        CACHE = LRUCache(maxsize=4)
        RECENT = deque(maxlen=5000)
        @functools.lru_cache(maxsize=5000)
        def load(number):
            return {"number": number}
        def main(report):
            for number in range(1000, 9000):
                load(number)
                RECENT.append({"number": number})
            for number in range(10):
                CACHE[number] = [None] * 1_000_000
            report()
        """,
    "one large object": """
        TABLE = [None] * 1_000_000
        def main(report):
            report()
        """,
}


@pytest.mark.parametrize("name", QUIET)
def test_nothing_is_suspected_where_nothing_leaks(tmp_path, name):
    findings = run(tmp_path, QUIET[name])
    assert [suspect.holder for suspect in findings.suspects] == []
    assert findings.verdict.kind == "none"


def test_retained_sizes_of_a_live_heap_equal_deleting_the_node(tmp_path):
    run(tmp_path, LEAKS["two owners"][0])
    with HeapImage.open(tmp_path / "shop.lgheap") as image:
        heap = Heap(image)
        targets = image.edge_target.tolist()
        edges = [
            targets[image.edge_offset[n] : image.edge_offset[n + 1]]
            for n in range(image.node_count)
        ]
        sizes = image.node_size.tolist()
        roots = set(image.root_node)

        def reached_bytes(without):
            todo = [root for root in roots if root != without]
            seen = bytearray(image.node_count)
            for root in todo:
                seen[root] = 1
            total = 0
            while todo:
                node = todo.pop()
                total += sizes[node]
                for target in edges[node]:
                    if not seen[target] and target != without:
                        seen[target] = 1
                        todo.append(target)
            return total

        whole = reached_bytes(None)
        assert heap.tree.retained_bytes == whole
        by_size = sorted(range(image.node_count), key=heap.retained, reverse=True)
        for node in (*by_size[:15], *by_size[15 :: image.node_count // 25]):
            if heap.tree.immediate[node] == _graph.NONE:
                assert heap.retained(node) == 0
            else:
                assert heap.retained(node) == whole - reached_bytes(node)
