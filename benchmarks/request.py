"""What the middleware costs a request, on the smallest handler there is."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from figures import Figure, median, rounds, spread
from requests_run import make_app, send_requests

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 15
COUNT = 2000
COUNTED = 300
SCRIPT = Path(__file__).with_name("requests_run.py")


def measure(objects: int) -> Iterator[Figure]:
    """`objects` says nothing here: what a request costs does not depend on the heap."""
    with asyncio.Runner() as runner:
        apps = {name: make_app(guarded=name == "with") for name in ("without", "with")}

        def seconds(name: str) -> float:
            return runner.run(send_requests(apps[name], COUNT)) / COUNT

        for name in apps:
            seconds(name)
        seen = rounds(
            {"without": lambda: seconds("without"), "with": lambda: seconds("with")}, ROUNDS
        )
    added = [one - other for one, other in zip(seen["with"], seen["without"], strict=True)]
    bare = median(seen["without"])
    yield Figure("a request without the middleware, CPU", bare * 1e6, "µs")
    yield Figure("the middleware adds, CPU", median(added) * 1e6, "µs", None, spread(added, 1e6))
    yield Figure("the middleware adds, CPU / without", 100 * median(added) / bare, "%")
    if shutil.which("valgrind") is None:
        yield Figure("skipped: no valgrind to count instructions with", 0.0, "")
        return
    yield from _instructions()


def _instructions() -> Iterator[Figure]:
    """Two lengths of run differ by the requests alone: start and imports cancel out."""
    runs = [(name, count) for name in ("without", "with") for count in (0, COUNTED)]
    with ThreadPoolExecutor(2) as pool:
        totals = dict(zip(runs, pool.map(lambda run: _count(*run), runs), strict=True))
    each = {
        name: (totals[name, COUNTED] - totals[name, 0]) / COUNTED for name in ("without", "with")
    }
    yield Figure("a request without the middleware", each["without"], "instr.")
    yield Figure("the middleware adds", each["with"] - each["without"], "instr.")
    yield Figure("the middleware adds / without", 100 * (each["with"] / each["without"] - 1), "%")


def _count(name: str, requests: int) -> int:
    ended = subprocess.run(
        [
            *("valgrind", "--tool=callgrind", f"--callgrind-out-file={os.devnull}"),
            *(sys.executable, "-P", str(SCRIPT), name, str(requests)),
        ],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"Collected\s*:\s*(\d+)", ended.stderr)
    if found is None:
        raise RuntimeError(f"valgrind did not say how many instructions it saw:\n{ended.stderr}")
    return int(found[1])
