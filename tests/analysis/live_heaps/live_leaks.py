"""Shops that leak in one known way, each with the kind, holder, type and number of its suspect."""

from __future__ import annotations

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
    "loggers": (
        """
        import logging
        log = logging.getLogger(__name__)  # refers to the registry too, as every logger does
        def main(report):
            for number in range(1000, 6000):
                logging.getLogger(f"order {number}")
            report()
        """,
        ("global-cache", "logging.root.manager.loggerDict", "logging.Logger", 5000),
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
