"""What a request leaves running when it ends: its own work, or what serves all requests."""

from __future__ import annotations

import asyncio
import contextvars
import ctypes
import sys
from time import monotonic

import pytest

from leakguard import LeakGuard
from leakguard.routes.ledger import Ledger
from leakguard.routes.sampling import start

SIZE = 5_000_033
TOKEN = "a-token-that-nobody-may-see"


@pytest.fixture
def sampler(sampler):
    start(1 << 16)
    yield sampler
    sampler.set_late(60.0)


def routes_of(ledger, size):
    names = {figures.route: name for name, figures in ledger.figures.items()}
    from leakguard.routes import _sampler

    return [names.get(sample[1], "nobody") for sample in _sampler.samples() if sample[7] == size]


def served(ledger, path):
    """The context that a task inherits from a request, which has ended."""
    flight = ledger.enter({"type": "http", "path": path})
    inherited = contextvars.copy_context()
    during = inherited.run(bytes, SIZE - 33 - 1)
    ledger.leave(flight, False)
    return inherited, during


def test_a_task_that_goes_on_for_a_while_is_its_requests(sampler):
    ledger = Ledger(lambda flight: flight.scope["path"])
    inherited, during = served(ledger, "/a")
    kept = [inherited.run(bytes, SIZE - 33) for _ in range(3)]
    assert routes_of(ledger, SIZE) == ["/a"] * 3
    assert routes_of(ledger, SIZE - 1) == ["/a"]
    del during, kept


def test_a_worker_that_stays_is_nobodys_and_never_was_its_requests(sampler):
    ledger = Ledger(lambda flight: flight.scope["path"])
    inherited, during = served(ledger, "/first")
    kept = [inherited.run(bytes, SIZE - 33)]
    sampler.set_late(0.0)
    end = monotonic() + 60
    while "/first" in routes_of(ledger, SIZE) and monotonic() < end:  # the clock has its ticks
        kept = [kept[0], inherited.run(bytes, SIZE - 33)]
    assert routes_of(ledger, SIZE) == ["nobody"] * 2
    assert routes_of(ledger, SIZE - 1) == ["/first"]  # what the request itself made, it has made
    del during, kept


def test_what_later_requests_make_is_theirs_whatever_the_first_one_left(sampler):
    sampler.set_late(0.0)
    ledger = Ledger(lambda flight: flight.scope["path"])
    inherited, _ = served(ledger, "/first")
    inherited.run(bytes, 1 << 20)
    for path in ("/second", "/third"):
        flight = ledger.enter({"type": "http", "path": path})
        kept = bytes(SIZE - 33)
        ledger.leave(flight, False)
        assert routes_of(ledger, SIZE) == [path]
        del kept


def test_rows_that_come_by_a_connection_of_a_pool_are_not_the_openers(sampler):
    sampler.set_late(0.0)
    held, pool, lost = [], [], asyncio.Event()

    class Rows(asyncio.Protocol):
        def data_received(self, data):
            held.append(bytes(SIZE - 33))

        def connection_lost(self, error):
            lost.set()

    async def app(scope, receive, send):
        if not pool:
            loop = asyncio.get_running_loop()
            pool.append(await loop.create_connection(Rows, "127.0.0.1", scope["port"]))
        expected = len(held) + 1
        pool[0][0].write(b"?")
        while len(held) < expected:
            await asyncio.sleep(0.001)
        if scope["path"] != "/keep":
            held.pop()

    async def run(guarded):
        async def answer(reader, writer):
            while await reader.read(1):
                writer.write(b"!")
            writer.close()
            await writer.wait_closed()
            ended.set()

        ended = asyncio.Event()
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        for path in ["/opens", "/looks", *["/keep"] * 5]:
            scope = {"type": "http", "method": "GET", "path": path, "port": port}
            await asyncio.create_task(guarded(scope, None, None))
            await asyncio.sleep(0.01)  # the clock of samples has ticks of some milliseconds
        pool.pop()[0].close()
        await ended.wait()
        await lost.wait()
        server.close()
        await server.wait_closed()

    guarded = LeakGuard(app, token=TOKEN, sampling=1 << 16, baseline=False, listener=False)
    asyncio.run(run(guarded))
    assert len(held) == 5
    assert set(routes_of(guarded._ledger, SIZE)) == {"nobody"}


def test_names_that_c_code_asks_for_do_not_look_like_a_leak(sampler):
    ask = ctypes.pythonapi.PyObject_HasAttrString
    ask.argtypes = [ctypes.py_object, ctypes.c_char_p]
    sampler.set_interval(256)
    name = b"an_attribute_that_nothing_has_and_that_is_long_enough_to_be_told_from_others"
    for _ in range(20_000):
        ask(sampler, name)
        ask(Ledger, name)
    size = sys.getsizeof(name.decode())
    assert sum(sample[4] for sample in sampler.samples() if sample[7] == size) == 0
