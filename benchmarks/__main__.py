"""What a snapshot costs, against one full gc.collect() of the same heap: `python -P benchmarks`.

Every section and size runs in a process of its own. The figures are ratios within one run and CPU
time wherever that can be, because other work on the machine disturbs anything else.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from figures import Figure, table

HERE = Path(__file__).parent
SECTIONS = {
    "pause": "the server's pause",
    "child": "the walk, the image and the analysis",
    "endtoend": "end to end",
    "request": "a request through the middleware",
    "cost": "what LeakGuard and ddtrace add to a request",
    "steady": "LeakGuard's own memory over a hundred thousand requests",
    "pairs": "a malloc and a free, sampled and not",
    "peers": "other tools on the same heap",
}
# Sections that say nothing more on a larger heap, or take minutes there.
ONE_SIZE = {
    "request": 100_000,
    "cost": 100_000,
    "steady": 100_000,
    "pairs": 100_000,
    "peers": 100_000,
}
UNSIZED = {"request", "cost", "steady", "pairs"}  # nothing of theirs depends on the heap
SIZES = (100_000, 1_000_000, 10_000_000)
LARGEST_END_TO_END = 1_000_000


def main() -> int:
    if sys.argv[1:2] == ["accuracy"]:  # has other options, and a table of its own
        return int(importlib.import_module("accuracy").main(sys.argv[2:]))
    parser = argparse.ArgumentParser(prog="python -P benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--objects", type=float, metavar="N", help="only heaps of N objects")
    parser.add_argument("--quick", action="store_true", help="up to a million objects only")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = set(options.sections) - SECTIONS.keys()
    if unknown:
        parser.error(f"no section is called {', '.join(sorted(unknown))}")
    sizes: tuple[int, ...] = SIZES[:2] if options.quick else SIZES
    if options.objects:
        sizes = (int(options.objects),)
    if options.worker:
        return _work(options.sections[0], sizes[0])
    return _run_all(options.sections or list(SECTIONS), sizes)


def _run_all(sections: list[str], sizes: tuple[int, ...]) -> int:
    began = time.perf_counter()
    print(f"CPython {platform.python_version()}, {os.cpu_count()} CPUs, load {_load():.1f}")
    over = 0
    for section in sections:
        for objects in _sizes_of(section, sizes):
            title = f"{SECTIONS[section]}, {objects:,} objects"
            print(f"\n{SECTIONS[section] if section in UNSIZED else title}", flush=True)
            figures = _in_own_process(section, objects)
            over += sum(figure.verdict == "over" for figure in figures)
            print(table(figures), flush=True)
    told = "every target is met" if not over else f"{over} over their targets"
    print(f"\n{told}; {time.perf_counter() - began:.0f} s, load {_load():.1f}")
    return 0


def _sizes_of(section: str, sizes: tuple[int, ...]) -> tuple[int, ...]:
    if section in ONE_SIZE:
        return (ONE_SIZE[section],)
    if section == "endtoend" and len(sizes) > 1:
        return (LARGEST_END_TO_END,)
    return sizes


def _in_own_process(section: str, objects: int) -> list[Figure]:
    command = [sys.executable, "-P", str(HERE), section, "--worker", f"--objects={objects}"]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [Figure(**json.loads(line)) for line in ended.stdout.splitlines()]


def _work(section: str, objects: int) -> int:
    """One section in this process; a JSON object for each figure, for the process that prints."""
    for figure in importlib.import_module(section).measure(objects):
        print(json.dumps(asdict(figure)))
    return 0


def _load() -> float:
    return os.getloadavg()[0]


if __name__ == "__main__":
    sys.exit(main())
