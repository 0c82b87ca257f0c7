"""How right the bytes per request are, beside what is measured with simpler means.

python -P benchmarks accuracy [--requests 50000] [--mode asyncio|threads] [--leaks mixed|small]
                              [--seeds N] [--interval BYTES] [--only-leakguard]

Thirteen routes, three of them leaking, 64 requests at a time on an event loop or 8 in threads. The
truth is what hangs on the leaking routes' containers in the end. Every measurement has a process
and the same requests of its own.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NAIVE = ("rss", "tracemalloc", "blocks")
TARGETS = {"cart": 0.25, "page": 0.10, "upload": 0.10}
"""How far bytes per request may be from the truth."""


def main(arguments: list[str]) -> int:
    """Prints a table; exit status 0 if every target is met."""
    parser = argparse.ArgumentParser(prog="python -P benchmarks accuracy", description=__doc__)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--mode", choices=("asyncio", "threads"), default="asyncio")
    parser.add_argument("--leaks", choices=("mixed", "small"), default="mixed")
    parser.add_argument("--interval", type=int, default=65_536, metavar="BYTES")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="runs of LeakGuard")
    parser.add_argument("--upload-every", type=int, default=100, metavar="REQUESTS")
    parser.add_argument("--only-leakguard", action="store_true", help="leave the others out")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.worker:
        print(json.dumps(_work(options)))
        return 0
    where = f"{options.requests:,} requests, {options.mode}, {options.leaks} leaks"
    print(f"CPython {platform.python_version()}: {where}", flush=True)
    naive = {}
    if not options.only_leakguard:
        naive = {what: _in_own_process(arguments, what, 1) for what in NAIVE}
    missed = 0
    for seed in range(1, options.seeds + 1):
        asked = _in_own_process(arguments, "leakguard", seed)
        missed += _show(asked, naive if seed == 1 else {}, seed)
    print("\nevery target is met" if not missed else f"\n{missed} targets are missed")
    return bool(missed)


def _in_own_process(arguments: list[str], what: str, seed: int) -> Any:
    command = [sys.executable, "-P", str(HERE), "accuracy", *arguments]
    ended = subprocess.run(
        [*command, f"--worker={what}", f"--seed={seed}"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(ended.stdout.splitlines()[-1])


def _work(options: argparse.Namespace) -> Any:
    app = importlib.import_module("accuracy_app")
    leaks = importlib.import_module("accuracy_leaks")
    leaks.upload_every = options.upload_every
    shop = app.Shop(leaks.MIXED if options.leaks == "mixed" else leaks.SMALL)
    if options.worker in NAIVE:
        naive = importlib.import_module("accuracy_naive")
        return naive.measure(shop, options.mode, options.requests, options.worker)
    asked = importlib.import_module("accuracy_asked").measure(
        shop, options.mode, options.requests, options.interval, options.seed
    )
    truth = {
        name: (leaks.leaked_bytes(name), leak.__qualname__, leak.__code__.co_filename)
        for name, leak in shop.leaks.items()
    }
    return {**asked, "requests": shop.requests, "routes": shop.routes, "truth": truth}


def _show(asked: dict[str, Any], naive: dict[str, dict[str, float]], seed: int) -> int:
    """Prints what one run says, and returns how many targets it misses."""
    report, problems = asked["report"], []
    by_route = {row["route"]: row for row in report["routes"]}
    print(f"\nseed {seed}, bytes a request" + (" (allocated blocks: blocks)" if naive else ""))
    heads = ("route", "requests", "truth", "joined", "strong", "weak", *naive)
    print("  ".join(head.rjust(11) for head in heads))
    for name in asked["routes"]:
        route, requests = f"GET /{name}", asked["requests"][name]
        strong, weak, _ = asked["rows"].get(route, (0.0, 0.0, []))
        truth, function, file = asked["truth"].get(name, (0, "", ""))
        joined = by_route.get(route, {}).get("bytes_per_request") or 0.0
        figures = [truth / requests, joined, strong / requests, weak / requests]
        figures += [naive[what][name] for what in naive]
        cells = [name.rjust(11), f"{requests:11,}", *(f"{figure:11,.0f}" for figure in figures)]
        print("  ".join(cells))
        if truth:
            allowed = TARGETS.get(name, 0.25)
            error = joined / (truth / requests) - 1
            if abs(error) > allowed:
                problems.append(f"{route} is {error:+.0%} off, {allowed:.0%} is allowed")
            lines = by_route.get(route, {}).get("lines") or [{}]
            functions = lines[0].get("function", "").split(".")  # a comprehension is inside
            if function not in functions or lines[0].get("file") != file:
                problems.append(f"the line of {route} is {lines[0]}, not in {function}")
        else:
            kept = by_route.get(route, {}).get("strong_bytes")
            if kept != 0:
                problems.append(f"{route} is clean and has {kept} strong bytes")
            if route in report["verdict"]["text"]:
                problems.append(f"{route} is clean and in the verdict")
    for suspect in report["suspects"]:
        votes = ", ".join(
            f"{share['route']} {share['share']:.0%}" for share in suspect.get("routes", [])
        )
        print(f"  {suspect['rank']}. {suspect['holder']}: {votes or 'no route'}")
    print(f"  {report['verdict']['text']}")
    for problem in problems:
        print(f"  MISSED: {problem}")
    return len(problems)
