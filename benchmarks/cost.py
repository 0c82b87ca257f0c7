"""What LeakGuard costs a request, in instructions: `python -P benchmarks cost`.

For each app the bare one, the middleware alone, LeakGuard (the middleware and the sampler at the
default interval), and ddtrace's memalloc, which is left out where ddtrace cannot be imported.
Instructions are counted by callgrind (valgrind must be installed) as the difference between a long
and a short run: start and imports drop out, and the figures do not depend on how busy the machine
is. How the apps are driven stands in `cost_apps.py`. BENCH_APPS=raw,hello counts only these.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

APPS = Path(__file__).with_name("cost_apps.py")
MODES = {"middleware": "the middleware alone", "leakguard": "LeakGuard", "ddtrace": "ddtrace"}
TITLES = {
    "raw": "three lines of ASGI",
    "starlette": "Starlette hello-world",
    "flask-hello": "Flask hello-world",
    "hello": "FastAPI hello-world",
    "json": "FastAPI JSON",
    "django": "Django ORM",
    "flask": "Flask + SQLAlchemy",
}
RUNS = {
    "raw": (200, 2200),
    "starlette": (50, 550),
    "flask-hello": (50, 350),
    "hello": (50, 350),
    "json": (20, 100),
    "django": (20, 120),
    "flask": (20, 120),
}
"""How many requests the short run of an app has, and the long one."""
LIMITS = {
    "raw": 6.0,
    "starlette": 3.0,
    "flask-hello": 3.0,
    "hello": 3.0,
    "json": 2.5,
    "django": 2.0,
    "flask": 2.0,
}
"""Percent of the bare app's instructions that LeakGuard may add."""


def measure(objects: int) -> Iterator[Figure]:
    """`objects` says nothing here: what a request costs does not depend on the heap."""
    if shutil.which("valgrind") is None:
        yield Figure("skipped: no valgrind to count instructions with", 0.0, "")
        return
    modes = list(MODES)
    if importlib.util.find_spec("ddtrace") is None:
        modes.remove("ddtrace")
        yield Figure("without the column of ddtrace: it is not installed", 0.0, "")
    for name in os.environ.get("BENCH_APPS", ",".join(RUNS)).split(","):
        with ThreadPoolExecutor(2) as pool:
            counted = pool.map(functools.partial(_each, name), ["bare", *modes])
            costs = dict(zip(["bare", *modes], counted, strict=True))
        bare = costs.pop("bare")
        yield Figure(f"{TITLES[name]}: a request", bare, "instr.")
        added = {mode: 100 * (cost / bare - 1) for mode, cost in costs.items()}
        for mode, percent in added.items():
            limit = None
            if mode == "leakguard":
                limit = min(LIMITS[name], added.get("ddtrace", LIMITS[name]))
            detail = f"{costs[mode] - bare:,.0f} instructions"
            yield Figure(f"  {MODES[mode]} adds", percent, "%", limit, detail)


def _each(name: str, mode: str) -> float:
    """Instructions a request."""
    few, many = RUNS[name]
    _instructions(name, mode, 1)  # imports are compiled
    return (_instructions(name, mode, many) - _instructions(name, mode, few)) / (many - few)


def _instructions(name: str, mode: str, count: int) -> int:
    """Those of a whole run."""
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={os.devnull}", sys.executable]
    done = subprocess.run(
        [*command, "-P", str(APPS), name, mode, str(count)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONHASHSEED": "0"},
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or found is None:
        raise RuntimeError(f"{name} {mode} failed:\n{done.stderr}")
    return int(found[1])
