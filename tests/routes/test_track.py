"""Names for work that is no request, in every way that work is started."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from leakguard import track
from leakguard.routes import sampling, tracks
from leakguard.routes._flight import slot_variable
from leakguard.routes.ledger import Ledger


def name_now():
    slot = slot_variable.get()
    return sampling.route_name(slot.route) if slot is not None else None


def test_a_name_holds_inside_and_not_after():
    with track("test: job") as entered:
        assert name_now() == entered.name == "test: job"
    assert name_now() is None


def test_names_nest_and_an_error_leaves_the_one_around():
    with track("test: outer"):
        with pytest.raises(ZeroDivisionError, match="test: inner"), track("test: inner"):
            raise ZeroDivisionError(name_now())
        assert name_now() == "test: outer"


def test_one_object_can_be_entered_again_and_at_the_same_time():
    job = track("test: again")

    async def work(gate):
        with job, job:
            await gate.wait()
            assert name_now() == "test: again"
        return name_now()

    async def run():
        gate = asyncio.Event()
        running = [asyncio.create_task(work(gate)) for _ in range(5)]
        await asyncio.sleep(0)
        gate.set()
        return await asyncio.gather(*running)

    assert asyncio.run(run()) == [None] * 5


def test_as_a_decorator_of_functions_and_coroutine_functions():
    @track("test: function")
    def function(number, *, add):
        """Adds."""
        return number + add, name_now()

    @track("test: coroutine")
    async def coroutine(number):
        await asyncio.sleep(0)
        return number, name_now()

    assert function(1, add=2) == (3, "test: function")
    assert (function.__name__, function.__doc__) == ("function", "Adds.")
    assert asyncio.run(coroutine(4)) == (4, "test: coroutine")
    assert inspect.iscoroutinefunction(coroutine)
    assert name_now() is None


def test_tasks_and_to_thread_belong_to_it_executors_do_when_decorated():
    async def run():
        loop = asyncio.get_running_loop()
        with track("test: parent"), ThreadPoolExecutor(1) as pool:
            return (
                await asyncio.create_task(asyncio.sleep(0, name_now())),
                await asyncio.to_thread(name_now),
                await loop.run_in_executor(pool, name_now),
                await loop.run_in_executor(pool, track("test: pool")(name_now)),
            )

    assert asyncio.run(run()) == ("test: parent", "test: parent", None, "test: pool")


def test_left_in_another_context_it_changes_nothing_there():
    job = track("test: moved")
    contextvars.copy_context().run(job.__enter__)
    with track("test: here"):
        job.__exit__(None, None, None)
        assert name_now() == "test: here"


@pytest.mark.parametrize("thing", [dict, classmethod(len), property(len), 3])
def test_what_is_no_function_is_refused_with_advice(thing):
    with pytest.raises(TypeError, match="decorates functions, not"):
        track("test: thing")(thing)


class Callable:
    async def __call__(self):
        await asyncio.sleep(0)
        return name_now()


def test_objects_that_are_called_and_awaited_are_decorated_as_such():
    assert asyncio.run(track("test: object")(Callable())()) == "test: object"


def test_it_is_an_async_context_manager_too():
    async def run():
        async with track("test: async"):
            await asyncio.sleep(0)
            return name_now()

    assert asyncio.run(run()) == "test: async"


def test_within_a_request_it_takes_over_and_gives_back(sampler):
    sampling.start()
    ledger = Ledger(lambda flight: flight.scope["path"])
    flight = ledger.enter({"path": "/cart"})
    with track("test: in a request"):
        assert name_now() == "test: in a request"
    assert slot_variable.get() is flight.slot
    ledger.leave(flight, False)


@pytest.mark.parametrize("name", ["", None, 3])
def test_a_name_must_be_a_text(name):
    with pytest.raises(TypeError, match="a track needs a name"):
        track(name)


def test_a_long_name_is_cut():
    assert len(track("test: " + "x" * 5000).name) == tracks.MAX_NAME


def test_names_beyond_the_limit_share_one(monkeypatch):
    monkeypatch.setattr(tracks, "_tracks", {})
    monkeypatch.setattr(tracks, "_limit", tracks.MAX_TRACKS)
    for number in range(tracks.MAX_TRACKS + 50):
        with track(f"test: {number}"):
            pass
    routes = dict(tracks.routes().values())
    assert len(routes) == tracks.MAX_TRACKS + 1
    assert routes[tracks.OTHER] == 50


def test_the_ledger_shows_what_a_track_holds(sampler, monkeypatch):
    monkeypatch.setattr(tracks, "_tracks", {})
    sampling.start(512)
    ledger = Ledger(lambda flight: flight.scope["path"])
    kept = []
    for _ in range(50):
        with track("test: reindex"):
            kept.append(bytearray(10_000))
    shown = next(row for row in ledger.report() if row.route == "test: reindex")
    assert (shown.requests, shown.errors, shown.in_flight) == (50, 0, 0)
    row = next(row for row in ledger.memory() if row.route == "test: reindex")
    assert row.requests == 50
    assert row.strong_bytes == pytest.approx(500_000, rel=0.05)
    assert row.bytes_per_request == pytest.approx(10_000, rel=0.1)
    assert row.lines[0].file == __file__
    del kept


@pytest.fixture
def figures(monkeypatch):
    """figures(name) -> uses that ended, errors, uses under way."""
    monkeypatch.setattr(tracks, "_tracks", {})
    ledger = Ledger(lambda flight: flight.scope["path"])

    def find(name):
        row = next(row for row in ledger.report() if row.route == name)
        return row.requests, row.errors, row.in_flight

    return find


def test_each_use_is_counted_with_its_error_and_its_duration(figures):
    with pytest.raises(ZeroDivisionError), track("test: counted"):
        1 / 0  # noqa: B018
    with pytest.raises(KeyboardInterrupt), track("test: counted"):
        raise KeyboardInterrupt
    with track("test: counted"):
        assert figures("test: counted") == (2, 1, 1)
    assert figures("test: counted") == (3, 1, 0)
    assert tracks.all_figures()["test: counted"].seconds > 0


def test_a_child_of_a_fork_counts_from_the_start(figures):
    with track("test: forks"):
        reader, writer = os.pipe()
        if os.fork() == 0:
            with track("test: forks"):
                pass
            counted = tracks.all_figures()["test: forks"]
            os.write(writer, f"{counted.requests} {counted.under_way}".encode())
            os._exit(0)
        os.wait()
    assert os.read(reader, 100) == b"1 0"
    os.close(reader)
    os.close(writer)
    assert figures("test: forks") == (1, 0, 0)
