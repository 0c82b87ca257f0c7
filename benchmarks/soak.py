"""Threads, an event loop, greenlets, forks and snapshots at once, with a sample every 64 bytes.

python -P benchmarks/soak.py [--minutes 10] [--interval BYTES]        needs gevent

Each request keeps a block for a while whose size tells its route; every sample of such a block must
have that route. Exit status 0 if nothing crashed and no block was on another route's account.
"""

from __future__ import annotations

import argparse
import asyncio
import contextvars
import faulthandler
import gc
import os
import random
import sys
import threading
import time
import tracemalloc
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent
from gevent.pool import Pool

import leakguard
from leakguard import LeakGuard
from leakguard.routes import _sampler, sampling
from leakguard.routes.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

SMALLEST = 20_000
"""Bytes: the block of route n has n more. No other object here has such a size."""
ROUTES = {"threads": range(13), "asyncio": range(20, 33), "greenlets": range(40, 53)}

SWITCH = 0.0005
"""Seconds after which another thread has its turn."""

kept: deque[bytes] = deque(maxlen=200)
LETTERS = "abcdefghijklmnopqrstuvwxyz"  # a path of digits would be folded
PATHS = {route: f"/{LETTERS[route // 26]}{LETTERS[route % 26]}" for route in range(60)}

served = dict.fromkeys(ROUTES, 0)
forks = snapshots = hooks_lost = 0
interval = 64
problems: list[str] = []


def churn(count: int) -> int:
    """Objects of many kinds, reallocations, exceptions, context variables, garbage in cycles."""
    rows: list[Any] = [
        {"id": i, "name": f"user-{i}", "tags": [str(i), i * 1.5]} for i in range(count)
    ]
    rows.append(rows)
    text = "".join(str(row["id"]) for row in rows[:-1])
    variable = contextvars.ContextVar[int]("variable")
    token = variable.set(count)
    try:
        return int(text * 3, 36) % 7 + len(bytearray(text, "ascii") * 5)
    except (ValueError, OverflowError):
        return 0
    finally:
        variable.reset(token)


def keep(route: int) -> None:
    kept.append(bytes(SMALLEST + route - 33))


def threads(ledger: Ledger, running: Callable[[], bool]) -> None:
    while running():
        route = random.choice(ROUTES["threads"])
        flight = ledger.enter({"path": PATHS[route]})
        churn(random.randrange(20))
        keep(route)
        ledger.leave(flight, failed=False)
        served["threads"] += 1


def event_loop(running: Callable[[], bool]) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        churn(random.randrange(20))
        await asyncio.sleep(random.random() * 0.001)
        keep(scope["route"])
        if random.random() < 0.01:
            await asyncio.to_thread(churn, 5)
        churn(random.randrange(10))

    guarded = LeakGuard(app, token="the-token-of-a-soak", sampling=interval)

    async def client() -> None:
        while running():
            route = random.choice(ROUTES["asyncio"])
            scope = {"type": "http", "method": "GET", "path": PATHS[route], "route": route}
            await guarded(scope, None, None)
            served["asyncio"] += 1

    async def clients() -> None:
        await asyncio.gather(*(client() for _ in range(64)))

    asyncio.run(clients())


def greenlet(ledger: Ledger) -> None:
    route = random.choice(ROUTES["greenlets"])
    flight = ledger.enter({"path": PATHS[route]})
    churn(random.randrange(10))
    gevent.sleep(random.random() * 0.002)
    if _sampler.slot_seen() is not flight.slot:
        problems.append("a greenlet saw the slot of another")
    keep(route)
    gevent.sleep(0)
    churn(random.randrange(10))
    ledger.leave(flight, failed=False)
    served["greenlets"] += 1


def fork() -> None:
    """The child works on with what it has, and ends."""
    global forks
    child = os.fork()
    if child == 0:
        faulthandler.dump_traceback_later(60, exit=True)
        churn(50)
        held = [bytearray(100) for _ in range(2000)]
        os._exit(0 if sampling.samples() and held else 3)
    status = os.waitpid(child, 0)[1]
    if status:
        problems.append(f"a forked child ended with status {status}")
    forks += 1


def check() -> None:
    """Every sampled block of a telling size is its route's."""
    for sample in sampling.samples():
        route = sample.size - SMALLEST
        if not any(route in numbers for numbers in ROUTES.values()):
            continue
        name = sampling.route_name(sample.route)
        path = PATHS[route]
        if name not in (path, f"GET {path}", "(in flight)"):
            problems.append(f"a block of {path} is on the account of {name}")


def other_tool() -> None:
    """A profiler that comes and goes; when it was there before us it takes our hook with it."""
    global hooks_lost
    first = random.random() < 0.5
    if first:
        sys.setswitchinterval(0.05)  # a request that begins while there is no sampler has no route
        sampling.stop()
    tracemalloc.start()
    if first:
        sampling.start(interval)
        sys.setswitchinterval(SWITCH)
    churn(20)
    tracemalloc.stop()
    hooks_lost += not sampling.maintain()


def look() -> None:
    global snapshots
    with leakguard.snapshot() as image:
        if image.node_count < 1000:
            problems.append("a snapshot is nearly empty")
    snapshots += 1


def rss() -> float:
    resident = Path("/proc/self/statm").read_text().split()[1]
    return int(resident) * os.sysconf("SC_PAGESIZE") / 1e6


def main() -> int:
    global interval
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--interval", type=int, default=64, metavar="BYTES")
    options = parser.parse_args()
    faulthandler.enable()
    interval = options.interval
    sys.setswitchinterval(SWITCH)  # all of them are to run
    look()  # what it imports is not worth a sample
    assert sampling.start(interval) is None, sampling.problem()
    end = time.monotonic() + 60 * options.minutes
    ledger = Ledger(lambda flight: str(flight.scope["path"]))

    def running() -> bool:
        return time.monotonic() < end and not problems

    others = [threading.Thread(target=threads, args=(ledger, running)) for _ in range(3)]
    others.append(threading.Thread(target=event_loop, args=(running,)))
    for thread in others:
        thread.start()
    pool = Pool(32)
    turn, told = 0, time.monotonic()
    while running():
        for _ in range(50):
            pool.spawn(greenlet, ledger)
        gevent.sleep(0.002)
        turn += 1
        for every, what in (
            (20, check),
            (7, fork),
            (31, other_tool),
            (101, look),
            (53, gc.collect),
        ):
            if turn % every == 0:
                what()
        if time.monotonic() - told > 30:
            told = time.monotonic()
            print(
                f"{options.minutes * 60 - (end - told):5.0f} s, {rss():4.0f} MB, {served}",
                flush=True,
            )
    pool.join()
    for thread in others:
        thread.join()
    counts = _sampler.counts()
    print(
        f"CPython {sys.version.split()[0]}: {served}, {forks} forks, {snapshots} snapshots, "
        f"hooks lost and found {hooks_lost} times, {counts['taken']:,} samples taken, "
        f"{counts['live']} alive, interval {counts['interval']:.0f} bytes, {rss():.0f} MB resident"
    )
    for problem in problems[:10]:
        print(f"PROBLEM: {problem}")
    return bool(problems)


if __name__ == "__main__":
    raise SystemExit(main())
