"""Whether the memory of LeakGuard itself stays the same over ten million requests.

python benchmarks/steady.py [--requests 10_000_000] [--paths 1_000_000]

A third of the requests have the same path, a third one of many, a third a path of their own, as far
as --paths goes. Each keeps an object in a ring, so that samples come and go all the time. Exit
status 0 if the second half of the run adds less than a byte in ten requests to resident memory.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figures import Figure

from leakguard import LeakGuard
from leakguard.routes import _sampler

if TYPE_CHECKING:
    from collections.abc import Iterator

REPORTS = 20
LIMIT = 0.1
"""Bytes a request."""
COUNTED = 100_000

ring: deque[bytearray] = deque(maxlen=20_000)


async def app(scope: Any, receive: Any, send: Any) -> None:
    ring.append(bytearray(200))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def send(message: Any) -> None:
    pass


def serve(guarded: Any, path: str) -> None:
    """One request, without an event loop: nothing in it waits."""
    scope = {"type": "http", "method": "GET", "path": path, "headers": []}
    try:
        guarded(scope, None, send).send(None)
    except StopIteration:
        return
    raise AssertionError("the request waits for something")


def path_of(number: int, paths: int) -> str:
    if number % 3 == 0:
        return "/"
    if number % 3 == 1:
        return f"/items/{number % 5000}"
    own = number % paths
    return f"/user-{own}/{own:x}/{own * 7919 % 1009}"


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def measure(objects: int) -> Iterator[Figure]:
    """`objects` says nothing here. A hundred thousand requests, after as many to warm up."""
    guarded = LeakGuard(app, token="the-token-of-a-benchmark", sampling=True, baseline=False)

    def state() -> tuple[int, int, int]:
        for number in range(COUNTED):
            serve(guarded, path_of(number, COUNTED))
        gc.collect()
        return resident(), sys.getallocatedblocks(), _sampler.counts()["memory"]

    state()
    before, after = state(), state()
    memory, blocks, sampler = (new - old for new, old in zip(after, before, strict=True))
    yield Figure(f"resident memory after {COUNTED:,} requests, gained", memory / 1e3, "kB", 256.0)
    yield Figure("  blocks of Python's allocators, gained", blocks, "", 3000.0)
    yield Figure("  memory of the sampler's own, gained", sampler / 1e3, "kB", 64.0)


def main() -> int:
    """Prints resident memory as it goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=lambda text: int(float(text)), default=10_000_000)
    parser.add_argument("--paths", type=lambda text: int(float(text)), default=1_000_000)
    options = parser.parse_args()
    guarded = LeakGuard(app, token="the-token-of-a-benchmark", sampling=True)
    part = options.requests // REPORTS
    points = []
    for report in range(REPORTS):
        for number in range(report * part, (report + 1) * part):
            serve(guarded, path_of(number, options.paths))
        gc.collect()
        points.append(resident())
        counts = _sampler.counts()
        print(
            f"{(report + 1) * part:12,} requests: {points[-1] / 1e6:6.1f} MB resident, "
            f"{counts['live']:,} samples, {counts['sites']} stacks, {len(guarded._ledger.figures)} "
            f"routes, the sampler itself {counts['memory'] / 1e6:.2f} MB",
            flush=True,
        )
    half = points[REPORTS // 2 - 1 :]
    slope = (half[-1] - half[0]) / (part * (len(half) - 1))
    print(f"CPython {platform.python_version()}: {slope:+.4f} bytes a request in the second half")
    return slope > LIMIT


if __name__ == "__main__":
    raise SystemExit(main())
