"""How long the server stands still: the fork, as the forking thread and as the others see it."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import heap
from collector import collect_cpu
from figures import Figure, median, rounds, spread
from raw import Snapshot, bare_fork_cpu, bare_fork_gil

import leakguard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUNDS, WAIT_ROUNDS = 7, 5
# a round takes some ten seconds there
HUGE, HUGE_ROUNDS = 5_000_000, 3
TICK_SECONDS = 0.001
NOTHING_SECONDS = 0.3
AROUND_SECONDS = 0.02


def measure(objects: int) -> Iterator[Figure]:
    shop = heap.build(objects)
    gc.disable()
    yield from _cpu(objects)
    count = HUGE_ROUNDS if objects > HUGE else WAIT_ROUNDS
    yield from _waits("longest gap of a busy thread", _longest_gap, count)
    yield from _waits("longest lag of an event loop", _longest_lag, count)
    del shop


def _cpu(objects: int) -> Iterator[Figure]:
    whole: list[float] = []

    def fork_cpu() -> float:
        gc.collect()
        began = time.thread_time()
        snapshot = Snapshot()
        whole.append(time.thread_time() - began)
        snapshot.finish()
        return snapshot.pause_cpu

    def bare_cpu() -> float:
        gc.collect()
        return bare_fork_cpu()

    seen = rounds(
        {"gc": collect_cpu, "bare": bare_cpu, "fork": fork_cpu},
        HUGE_ROUNDS if objects > HUGE else ROUNDS,
    )
    collection, bare, fork = (median(seen[name]) for name in ("gc", "bare", "fork"))
    limit = 3.0 if objects > HUGE else 5.0
    yield Figure("one gc.collect(), CPU", collection * 1e3, "ms", None, spread(seen["gc"], 1e3))
    yield Figure("a bare fork, CPU", bare * 1e3, "ms", None, spread(seen["bare"], 1e3))
    yield Figure("the snapshot's fork, CPU", fork * 1e3, "ms", None, spread(seen["fork"], 1e3))
    yield Figure("fork / bare fork", fork / bare, "x", 1.3)
    yield Figure(
        "fork / gc.collect()", 100 * fork / collection, "%", limit if objects >= 1e6 else None
    )
    yield Figure(
        "all that holds the GIL around the fork / gc.collect()",
        100 * median(whole) / collection,
        "%",
        None,
        f"{median(whole) * 1e3:.2f} ms",
    )


def _waits(
    name: str, longest: Callable[[Callable[[], object]], float], count: int
) -> Iterator[Figure]:
    """Wall time, so that the scheduler shows in it: `nothing` says how much."""
    works: dict[str, Callable[[], object]] = {
        "nothing": lambda: time.sleep(NOTHING_SECONDS),
        "bare fork": bare_fork_gil,
        "snapshot, analysis": lambda: leakguard.examine(timeout=300),
        "gc.collect()": gc.collect,
    }
    seen = rounds({what: partial(longest, work) for what, work in works.items()}, count)
    for what, values in seen.items():
        yield Figure(f"{name}: {what}", median(values) * 1e3, "ms", None, spread(values, 1e3))
    waits = 100 * median(seen["snapshot, analysis"]) / median(seen["gc.collect()"])
    yield Figure(f"{name}: snapshot / gc.collect()", waits, "%")


def _longest_gap(work: Callable[[], object]) -> float:
    """Seconds that a thread which only reads the clock is kept waiting while another one works."""
    longest = 0.0
    stop = threading.Event()

    def watch() -> None:
        nonlocal longest
        last = time.perf_counter()
        while not stop.is_set():
            now = time.perf_counter()
            longest = max(longest, now - last)
            last = now

    thread = threading.Thread(target=watch)
    thread.start()
    time.sleep(AROUND_SECONDS)
    work()
    time.sleep(AROUND_SECONDS)
    stop.set()
    thread.join()
    return longest


def _longest_lag(work: Callable[[], object]) -> float:
    """Seconds by which a ticker of an event loop comes late while an executor works."""

    def surrounded() -> None:
        time.sleep(AROUND_SECONDS)
        work()
        time.sleep(AROUND_SECONDS)

    async def watch() -> float:
        loop = asyncio.get_running_loop()
        working = loop.run_in_executor(None, surrounded)
        longest = 0.0
        while not working.done():
            due = loop.time() + TICK_SECONDS
            await asyncio.sleep(TICK_SECONDS)
            longest = max(longest, loop.time() - due)
        await working
        return longest

    return asyncio.run(watch())
