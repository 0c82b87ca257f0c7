"""How long other tools keep the server waiting for an answer about the same heap."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import time
from typing import TYPE_CHECKING, Any

import heap
from collector import collect_cpu
from figures import Figure, median
from raw import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUNDS = 3


def _leakguard() -> float:
    snapshot = Snapshot()
    snapshot.finish()
    return snapshot.pause_cpu


def _timed(work: Callable[[Any], object]) -> Callable[[Any], float]:
    def seconds(module: Any) -> float:
        began = time.thread_time()
        work(module)
        return time.thread_time() - began

    return seconds


# Each asked for what it has: types by count or bytes. None of them finds who holds them.
PEERS = {
    "objgraph": ("objgraph", "most_common_types", _timed(lambda m: m.most_common_types(10))),
    "guppy3": ("guppy", "hpy().heap()", _timed(lambda m: m.hpy().heap())),
    "pympler": (
        "pympler.muppy",
        "muppy + summary",
        _timed(lambda m: importlib.import_module("pympler.summary").summarize(m.get_objects())),
    ),
}


def measure(objects: int) -> Iterator[Figure]:
    shop = heap.build(objects)
    gc.disable()
    collection = median([collect_cpu() for _ in range(ROUNDS)])
    ours = median([_leakguard() for _ in range(ROUNDS)])
    yield Figure("LeakGuard stops the server / gc.collect()", 100 * ours / collection, "%")
    for name, (module, what, seconds) in PEERS.items():
        if importlib.util.find_spec(module.partition(".")[0]) is None:
            yield Figure(f"{name} is not installed", 0.0, "")
            continue
        loaded = importlib.import_module(module)
        used = median([seconds(loaded) for _ in range(ROUNDS)])
        yield Figure(
            f"{name} ({what}) stops the server / gc.collect()",
            100 * used / collection,
            "%",
            None,
            f"{used * 1e3:.0f} ms",
        )
    del shop
