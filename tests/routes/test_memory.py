"""The memory of routes: to the right one, whatever runs at the same time."""

from __future__ import annotations

import asyncio
import gc
import random
import threading

import pytest

from leakguard.analysis.telling_line import telling_line
from leakguard.asgi import LeakGuard
from leakguard.routes import ledger as ledger_module
from leakguard.routes import sampling
from leakguard.routes.ledger import Ledger
from leakguard.routes.sampling import Line

TOKEN = "a-token-that-nobody-may-see"
LEAKS = {"/big": 10_000, "/small": 1_500}
CLEAN = [f"/clean{letter}" for letter in "abcdefgh"]


def by_path(flight):
    return flight.scope["path"]


def churn(random_number, held):
    rows = [{"id": i, "name": f"user-{i}", "tags": [str(i), i * 1.5]} for i in range(random_number)]
    held[:] = rows
    return bytearray(random_number * 1000)


def memory_of(ledger):
    return {row.route: row for row in ledger.memory()}


def check_attribution(found, requests, kept):
    for path, size in LEAKS.items():
        truth = size * requests[path]
        row = found[f"GET {path}"]
        assert row.requests == requests[path]
        assert row.strong_bytes == pytest.approx(truth, rel=0.15)
        assert abs(row.strong_bytes - truth) < 2 * row.margin_bytes + 0.05 * truth
        assert row.lines[0].function == "leak"
        assert row.lines[0].application
    for path in CLEAN:
        # what an innocent route is charged with is small, and called uncertain
        assert found[f"GET {path}"].strong_bytes < 30 * requests[path] + 20_000
    assert len(kept) == sum(requests[path] for path in LEAKS)


def leak(kept, path):
    kept.append(bytearray(LEAKS[path]))


def test_routes_that_leak_are_found_at_64_ways_on_an_event_loop(sampler):
    numbers = random.Random(3)
    kept = []
    requests = dict.fromkeys([*LEAKS, *CLEAN], 0)

    async def app(scope, receive, send):
        held = []
        churn(numbers.randrange(1, 12), held)
        await asyncio.sleep(0)
        if scope["path"] in LEAKS:
            leak(kept, scope["path"])
        if numbers.random() < 0.2:
            await asyncio.sleep(numbers.random() * 0.001)
        churn(numbers.randrange(1, 8), held)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    guarded = LeakGuard(app, token=TOKEN, sampling=1024)
    sampler.seed(11)

    async def send(message):
        pass

    async def run():
        limit = asyncio.Semaphore(64)

        async def one(path):
            async with limit:
                await guarded({"type": "http", "method": "GET", "path": path}, None, send)

        paths = [numbers.choice([*LEAKS, *CLEAN]) for _ in range(4000)]
        for path in paths:
            requests[path] += 1
        await asyncio.gather(*map(one, paths))

    asyncio.run(run())
    gc.collect()
    check_attribution(memory_of(guarded._ledger), requests, kept)


def test_routes_that_leak_are_found_in_eight_threads(sampler):
    sampling.start(1024)
    sampler.seed(12)
    ledger = Ledger(lambda flight: f"GET {flight.scope['path']}")
    kept, all_requests = [], []

    def work(number):
        numbers = random.Random(number)
        requests = dict.fromkeys([*LEAKS, *CLEAN], 0)
        all_requests.append(requests)
        held = []
        for _ in range(500):
            path = numbers.choice(list(requests))
            requests[path] += 1
            flight = ledger.enter({"path": path})
            churn(numbers.randrange(1, 12), held)
            if path in LEAKS:
                leak(kept, path)
            ledger.leave(flight, failed=False)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    totals = {path: sum(each[path] for each in all_requests) for path in [*LEAKS, *CLEAN]}
    check_attribution(memory_of(ledger), totals, kept)


def test_what_background_tasks_and_threads_of_a_request_allocate_is_the_requests(sampler):
    kept = []

    async def app(scope, receive, send):
        async def later():
            await asyncio.sleep(0.01)
            kept.append(bytearray(300_000))

        kept.append(asyncio.get_running_loop().create_task(later()))
        await asyncio.to_thread(lambda: kept.append(bytearray(200_000)))

    guarded = LeakGuard(app, token=TOKEN, sampling=1024)

    async def run():
        await guarded({"type": "http", "method": "GET", "path": "/work"}, None, None)
        await kept[0]

    asyncio.run(run())
    found = memory_of(guarded._ledger)["GET /work"]
    # the first thread of a process also makes what all later ones share
    assert found.strong_bytes == pytest.approx(500_000, rel=0.15)


def test_a_stream_that_still_flows_is_its_routes_already(sampler):
    sampling.start(1024)
    ledger = Ledger(by_path)
    flight = ledger.enter({"path": "/stream"})
    kept = [bytearray(10_000) for _ in range(100)]
    row = memory_of(ledger)["/stream"]
    assert row.requests == 0
    assert row.strong_bytes == pytest.approx(1_000_000, rel=0.05)
    assert row.bytes_per_request == 0.0
    ledger.leave(flight, failed=False)
    assert memory_of(ledger)["/stream"].requests == 1
    del kept


def test_work_without_a_request_has_its_row(sampler):
    sampling.start(1024)
    ledger = Ledger(by_path)
    kept = [bytearray(10_000) for _ in range(100)]
    row = memory_of(ledger)["(no request)"]
    assert row.strong_bytes >= 950_000
    assert (row.requests, row.growth) == (0, None)
    del kept


def test_another_ledgers_routes_are_not_shown_by_name(sampler):
    sampling.start(1024)
    first, second = Ledger(by_path), Ledger(by_path)
    flight = first.enter({"path": "/first"})
    kept = bytearray(100_000)
    first.leave(flight, failed=False)
    assert "/first" in memory_of(first)
    assert "/first" not in memory_of(second)
    del kept


def test_rows_are_bounded_whatever_comes(sampler):
    sampling.start(1024)
    ledger = Ledger(by_path, max_routes=5)
    kept = []
    for number in range(300):
        flight = ledger.enter({"path": f"/{number}"})
        kept.append(bytearray(5000))
        ledger.leave(flight, failed=False)
    found = memory_of(ledger)
    routes = [name for name in found if name.startswith("/")]
    assert len(routes) == 5
    assert found["(other)"].requests == 295
    assert found["(other)"].strong_bytes == pytest.approx(295 * 5000, rel=0.1)


def test_ages_tell_what_survived(sampler, monkeypatch):
    sampling.start(64)
    ledger = Ledger(by_path)
    flight = ledger.enter({"path": "/"})
    old = bytearray(50_000)
    for _ in range(1100):
        ledger.leave(ledger.enter({"path": "/"}), failed=False)
    late = ledger.enter({"path": "/"})
    young = bytearray(30_000)
    ledger.leave(late, failed=False)
    ledger.leave(flight, failed=False)
    row = memory_of(ledger)["/"]
    assert row.many_requests_bytes == pytest.approx(50_000, rel=0.1)
    assert row.minute_bytes == row.ten_minutes_bytes == 0
    aged = [sample._replace(age=sample.age + 61) for sample in sampling.samples()]
    monkeypatch.setattr(sampling, "samples", lambda: aged)
    row = memory_of(ledger)["/"]
    assert row.minute_bytes == pytest.approx(row.live_bytes)
    assert row.ten_minutes_bytes == 0
    del old, young


def test_growth_is_told_once_there_is_history(sampler, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(ledger_module, "perf_counter", lambda: now[0])
    sampling.start(1024)
    ledger = Ledger(by_path)
    kept = []
    for _ in range(20):
        for path in ("/leak", "/warm"):
            flight = ledger.enter({"path": path})
            if path == "/leak" or len(kept) < 4:
                kept.append(bytearray(20_000))
            ledger.leave(flight, failed=False)
        now[0] += 30
        ledger.tick()
    now[0] += 0.001
    rows = memory_of(ledger)
    growth = rows["/leak"].growth
    assert growth.low < 40_250  # with the bytearrays' own objects
    assert growth.high > 40_000
    assert growth.bytes_per_minute == pytest.approx(40_000, rel=0.2)
    assert growth.low > 20_000
    warm = rows["/warm"].growth
    assert warm.low <= 0 <= warm.high


def test_a_tick_comes_with_requests_and_time(sampler, monkeypatch):
    monkeypatch.setattr(ledger_module, "TICK_SECONDS", 0.0)
    monkeypatch.setattr(ledger_module, "OBSERVE_SECONDS", 0.0)
    sampling.start(1024)
    ledger = Ledger(by_path)
    kept = []
    for _ in range(3):
        flight = ledger.enter({"path": "/"})
        kept.append(bytearray(10_000))
        ledger.leave(flight, failed=False)
    assert memory_of(ledger)["/"].growth is not None


def test_nothing_is_told_while_nothing_is_sampled(sampler):
    ledger = Ledger(by_path)
    flight = ledger.enter({"path": "/"})
    ledger.leave(flight, failed=False)
    assert flight.slot is None
    assert ledger.memory() == []


@pytest.mark.parametrize(
    ("stack", "told"),
    [
        ([("/usr/lib/python3.12/json/decoder.py", 5, "f"), ("/srv/shop/cart.py", 41, "g")], 41),
        ([("/usr/lib/python3.12/json/decoder.py", 5, "f"), ("<frozen importlib>", 1, "g")], 5),
        ([], None),
    ],
)
def test_the_line_of_the_application_is_told_rather_than_a_librarys(stack, told):
    found = telling_line(tuple(Line(*line) for line in stack))
    assert (found[0].line if found else None) == told
    if found:
        assert found[1] is (told == 41)
