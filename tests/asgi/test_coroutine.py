"""What stands between the server and the app's coroutine behaves like a coroutine."""

from __future__ import annotations

import asyncio
import collections.abc
import contextvars
import gc
import inspect
import sys
import weakref

import pytest

from leakguard.asgi import LeakGuard
from leakguard.routes import sampling
from leakguard.routes._flight import slot_variable

TOKEN = "a-token-that-nobody-may-see"


def guarded(app):
    return LeakGuard(app, token=TOKEN)


def scope(path="/x"):
    return {"type": "http", "method": "GET", "path": path, "headers": []}


async def receive():
    return {"type": "http.request"}


async def send(message):
    return None


async def hello(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


def rows(app):
    return {row.route: (row.requests, row.errors, row.in_flight) for row in app._ledger.rows()}


@pytest.fixture
def sampled():
    assert sampling.start() is None
    yield
    sampling.stop()


class Pause:
    def __await__(self):
        return (yield "paused")


def test_it_is_a_coroutine_to_those_who_ask():
    coroutine = guarded(hello)(scope(), receive, send)
    assert isinstance(coroutine, collections.abc.Coroutine)
    assert asyncio.iscoroutine(coroutine)
    assert inspect.isawaitable(coroutine)
    assert coroutine.__name__ == coroutine.__qualname__ == "LeakGuard"
    coroutine.close()


def test_what_the_app_yields_is_sent_and_returned_passes_through():
    async def app(scope, receive, send):
        return ("sent", await Pause())

    coroutine = guarded(app)(scope(), receive, send)
    assert coroutine.cr_await is None
    assert coroutine.send(None) == "paused"
    assert coroutine.cr_await.cr_code is app.__code__
    assert coroutine.cr_frame is coroutine.cr_await.cr_frame
    with pytest.raises(StopIteration) as ended:
        coroutine.send(7)
    assert ended.value.value == ("sent", 7)
    with pytest.raises(RuntimeError, match="already awaited"):
        coroutine.send(None)


def test_what_is_thrown_reaches_the_app_and_what_it_raises_comes_back():
    async def app(scope, receive, send):
        try:
            await Pause()
        except KeyError:
            await Pause()
        raise ValueError("of the app")

    app = guarded(app)
    coroutine = app(scope(), receive, send)
    coroutine.send(None)
    assert coroutine.throw(KeyError("go on")) == "paused"
    with pytest.raises(ValueError, match="of the app") as caught:
        coroutine.send(None)
    names = [entry.name for entry in caught.traceback]
    assert names[-1] == "app"
    assert rows(app) == {"GET /x": (1, 1, 0)}


def test_closing_runs_the_finally_of_the_app_and_ends_the_flight():
    ended = []

    async def app(scope, receive, send):
        try:
            await Pause()
        finally:
            ended.append(True)

    app = guarded(app)
    for end in ("close", "drop", "throw"):
        coroutine = app(scope(), receive, send)
        coroutine.send(None)
        if end == "close":
            coroutine.close()
            coroutine.close()
        elif end == "throw":
            with pytest.raises(GeneratorExit):
                coroutine.throw(GeneratorExit)
        del coroutine
    assert ended == [True] * 3
    assert rows(app) == {"GET /x": (3, 0, 0)}


def test_one_that_never_started_calls_nothing():
    def app(scope, receive, send):
        pytest.fail("called")

    app = guarded(app)
    app(scope(), receive, send).close()
    coroutine = app(scope(), receive, send)
    with pytest.raises(KeyError):
        coroutine.throw(KeyError("before the start"))
    coroutine = app(scope(), receive, send)
    with pytest.raises(TypeError, match="just-started"):
        coroutine.send(1)
    assert rows(app) == {}


def test_an_app_that_returns_no_awaitable_is_told_of_as_without_leakguard():
    app = guarded(lambda scope, receive, send: 7)
    with pytest.raises(TypeError, match="can't be used in 'await' expression"):
        app(scope(), receive, send).send(None)
    assert rows(app) == {"GET /x": (1, 1, 0)}


def test_it_cannot_be_resumed_by_what_it_runs():
    async def app(scope, receive, send):
        with pytest.raises(ValueError, match="already executing"):
            coroutine.send(None)
        with pytest.raises(ValueError, match="already executing"):
            coroutine.close()

    coroutine = guarded(app)(scope(), receive, send)
    with pytest.raises(StopIteration):
        coroutine.send(None)


def test_a_request_in_a_cycle_of_garbage_ends_and_is_freed():
    class Holder:
        pass

    async def app(scope, receive, send):
        holder = scope["holder"]
        holder.me = holder
        await Pause()

    app = guarded(app)
    holder = Holder()
    holder.coroutine = app({**scope(), "holder": holder}, receive, send)
    holder.coroutine.send(None)
    gone = weakref.ref(holder)
    assert rows(app) == {"GET /x": (0, 0, 1)}
    del holder
    gc.collect()
    gc.collect()
    assert gone() is None
    assert rows(app) == {"GET /x": (1, 0, 0)}
    # the request began in this very context, which is as good as before
    variable = contextvars.ContextVar("of this test", default=0)
    variable.set(1)
    assert contextvars.copy_context().run(variable.get) == 1


def test_a_scope_that_is_no_plain_dict_is_counted_as_well():
    class Scope(dict):
        pass

    app = guarded(hello)
    asyncio.run(app(Scope(scope()), receive, send))
    assert rows(app) == {"GET /x": (1, 0, 0)}


def test_calls_by_keyword_work_as_well():
    async def app(scope, receive, send):
        await send(message={"type": "http.response.start", "status": 204, "headers": []})

    app = guarded(app)
    asyncio.run(app(scope=scope(), receive=receive, send=send))
    assert rows(app) == {"GET /x": (1, 0, 0)}
    with pytest.raises(TypeError):
        app(scope())


def test_a_method_that_is_put_in_place_of_the_call_is_called(monkeypatch):
    seen = []

    async def replaced(self, scope, receive, send):
        seen.append(scope["path"])

    app = guarded(hello)
    monkeypatch.setattr(LeakGuard, "__call__", replaced)
    asyncio.run(app(scope(), receive, send))
    assert seen == ["/x"]


@pytest.mark.usefixtures("sampled")
def test_a_task_that_outlives_its_request_keeps_its_slot():
    slots = {}

    async def background(name):
        await asyncio.sleep(0)
        while name not in slots:
            await asyncio.sleep(0)
        return slot_variable.get()

    async def app(scope, receive, send):
        name = scope["path"]
        tasks.append(asyncio.create_task(background(name)))
        slots[name] = slot_variable.get()

    tasks = []
    app = guarded(app)

    async def serve():
        for number in range(20):
            await asyncio.create_task(app(scope(f"/{number}"), receive, send))
        for number in range(200):  # requests that would take slots that were given up too early
            await asyncio.create_task(guarded_hello(scope(f"/h/{number}"), receive, send))
        return await asyncio.gather(*tasks)

    guarded_hello = guarded(hello)
    found = asyncio.run(serve())
    assert [id(slot) for slot in found] == [id(slots[f"/{number}"]) for number in range(20)]
    assert len({id(slot) for slot in found}) == 20


@pytest.mark.usefixtures("sampled")
@pytest.mark.parametrize("sets", ["nothing", "before", "inside"])
def test_the_context_is_as_before_and_keeps_what_the_app_sets(sets):
    other = contextvars.ContextVar("other", default=None)

    async def app(scope, receive, send):
        assert slot_variable.get() is not None
        if sets == "inside":
            other.set("inside")

    async def serve():
        for _ in range(5):
            if sets == "before":
                other.set("before")
            await app(scope(), receive, send)
            assert slot_variable.get() is None
            assert other.get() == (None if sets == "nothing" else sets)

    app = guarded(app)
    asyncio.run(serve())


@pytest.mark.usefixtures("sampled")
def test_requests_leave_no_reference_behind():
    class Held(dict):
        pass

    app = guarded(hello)
    alive = weakref.WeakSet()

    class Sender:
        async def __call__(self, message):
            return None

    async def serve(count):
        for _ in range(count):
            sender = Sender()
            alive.add(sender)
            await asyncio.create_task(app(Held(scope()), receive, sender))
            await app(scope(), receive, sender)

    asyncio.run(serve(300))
    gc.collect()
    assert len(alive) == 0
    # Now and then another thread allocates meanwhile, or a table grows; what a request leaves
    # behind is there after each round.
    left = []
    while len(left) < 6 and min(left, default=1000) >= 200:
        before = sys.getallocatedblocks()
        asyncio.run(serve(1000))
        gc.collect()
        assert len(alive) == 0
        left.append(sys.getallocatedblocks() - before)
    assert min(left) < 200, left


def test_a_coroutine_that_serves_again_has_nothing_of_the_request_before():
    class Receiver:
        async def __call__(self):
            return {"type": "http.request"}

    app = guarded(hello)
    for end in (lambda coroutine: coroutine.close(), asyncio.run):
        receiver = Receiver()
        gone = weakref.ref(receiver)
        first = app(scope(), receiver, send)
        del receiver
        known = weakref.ref(first)
        end(first)
        assert gone() is None
        del first
        assert known() is None
        for _ in range(3):  # once it has been referred to weakly, and as it comes
            again = app(scope("/y"), receive, send)
            assert gc.is_tracked(again)
            asyncio.run(again)
            with pytest.raises(RuntimeError, match="already awaited"):
                again.send(None)
            del again
    assert sum(requests for requests, _, _ in rows(app).values()) == 7
