"""Runs CPython's own tests with a sample every 64 bytes: they must pass as they do without.

python -P tests/cpython_suite.py [--interval BYTES] [--jobs N] [test ...]

Every test file runs twice, without the sampler and with it, and the outcomes of the single tests
are compared. One that differs runs again by itself, both ways, before it counts: some of CPython's
tests depend on time. Exit status 0 if nothing differs.

With a sample every 64 bytes the outcomes were the same on all three, and no process died:

            files  passed  skipped  failed
    3.11.7     56  11,494      250       0
    3.12.1     56  12,314       53       0
    3.13.0     56  13,103      213       0

Not part of the default run: it takes minutes, and needs an interpreter that has its `test` package.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

TESTS = """
array asyncgen asyncio bytes class collections complex context contextlib
contextlib_async copy coroutines dataclasses deque descr dict enum enumerate exceptions float fork1
functools gc generators heapq inspect io iter itertools json list long memoryio memoryview pickle
queue range re selectors set slice socketserver sqlite3 str struct subprocess sys thread threading
traceback tracemalloc tuple typing weakref xml_etree zlib
"""

NAMES = {"str": "unicode"} if sys.version_info < (3, 13) else {}

# Every interpreter that the tests start samples too; not an isolated child, which does not see the
# package, nor a subinterpreter.
START = """
try:
    from leakguard.routes import sampling
except ImportError:
    pass
else:
    assert sampling.start({interval}) is None, sampling.problem()
"""

Outcomes = dict[str, str]


def main() -> int:
    """Prints what differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tests", nargs="*", metavar="test", help="such as `gc`; else all")
    parser.add_argument("--interval", type=int, default=64, metavar="BYTES")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="test files at a time")
    options = parser.parse_args()
    # Ignored where a shell started us in the background: asyncio's tests would wait for ever.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    wanted = options.tests or [NAMES.get(name, name) for name in TESTS.split()]
    tests = [f"test_{name.removeprefix('test_')}" for name in wanted]

    without = run(tests, None, options.jobs)
    sampled = run(tests, options.interval, options.jobs)
    different = differences(without, sampled)
    again = sorted({file_of(name) for name in different} & set(tests))
    if again:
        print(f"again, one at a time: {' '.join(again)}", flush=True)
        without = run(again, None, 1)
        sampled = run(again, options.interval, 1)
        still = differences(without, sampled)
        print(f"{len(different) - len(different & still)} of these differ no more")
        different = still
    for name in sorted(different):
        print(f"{name}: {without.get(name, 'absent')} without, {sampled.get(name, 'absent')} with")
    print("the outcomes are the same" if not different else f"{len(different)} tests differ")
    return bool(different)


def run(tests: list[str], interval: int | None, jobs: int) -> Outcomes:
    """The outcome of each test; an interval of None: without the sampler."""
    package = next(entry for entry in sys.path if (Path(entry) / "leakguard/routes").is_dir())
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        if interval is not None:
            Path(directory, "sitecustomize.py").write_text(START.format(interval=interval))
        results = Path(directory, "results.xml")
        ended = subprocess.run(
            [
                *(sys.executable, "-m", "test", "-q", "-u", "cpu", f"-j{jobs}", "--timeout=1200"),
                *(f"--junit-xml={results}", *tests),
            ],
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{directory}:{package}"},
            check=False,
        )
        outcomes = read(results)
    # a file whose process dies has no outcomes: they then are absent on one side
    told = {word: list(outcomes.values()).count(word) for word in ("ok", "skipped", "failed")}
    print(
        f"CPython {sys.version.split()[0]}, {len(tests)} files, "
        f"{'no sampler' if interval is None else f'a sample every {interval} bytes'}: {told}, "
        f"status {ended.returncode}, {time.monotonic() - began:.0f} s",
        flush=True,
    )
    return outcomes


def read(results: Path) -> Outcomes:
    """What regrtest's XML tells of each test."""
    outcomes = {}
    for case in ElementTree.parse(results).iter("testcase"):
        children = {child.tag for child in case}
        failed = bool(children & {"failure", "error"})
        outcomes[case.get("name", "")] = (
            "failed" if failed else "skipped" if "skipped" in children else "ok"
        )
    return outcomes


def differences(without: Outcomes, sampled: Outcomes) -> set[str]:
    """The tests that do not end alike."""
    names = without.keys() | sampled.keys()
    return {name for name in names if without.get(name) != sampled.get(name)}


def file_of(name: str) -> str:
    """The test file of "test.test_asyncio.test_events.SomeTest.test_it"."""
    return next((part for part in name.split(".") if part.startswith("test_")), name)


if __name__ == "__main__":
    raise SystemExit(main())
