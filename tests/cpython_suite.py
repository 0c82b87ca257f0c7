"""Runs CPython's own tests with a sample every 64 bytes: they must pass as they do without.

python -P tests/cpython_suite.py [interval] [test ...]

Not part of the default run: it takes minutes, and needs an interpreter that has its `test` package.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = [
    "test_asyncio",
    "test_gc",
    "test_context",
    "test_generators",
    "test_coroutines",
    "test_asyncgen",
    "test_weakref",
    "test_tracemalloc",
    "test_json",
    "test_io",
    "test_dict",
    "test_list",
    "test_set",
    "test_str",
    "test_tuple",
    "test_bytes",
    "test_threading",
    "test_thread",
    "test_fork1",
    "test_exceptions",
    "test_contextlib",
    "test_contextlib_async",
    "test_functools",
    "test_itertools",
    "test_collections",
    "test_deque",
    "test_heapq",
    "test_copy",
    "test_pickle",
    "test_re",
    "test_struct",
    "test_array",
    "test_memoryview",
    "test_iter",
    "test_enumerate",
    "test_descr",
    "test_class",
    "test_dataclasses",
    "test_enum",
    "test_typing",
    "test_traceback",
    "test_inspect",
    "test_sys",
    "test_queue",
    "test_selectors",
    "test_socketserver",
    "test_subprocess",
    "test_sqlite3",
    "test_xml_etree",
    "test_zlib",
    "test_concurrent_futures",
    "test_memoryio",
    "test_long",
    "test_float",
    "test_complex",
    "test_slice",
    "test_range",
]

START = """
try:
    from leakguard.routes import sampling
    assert sampling.start({interval}) is None, sampling.problem()
except ImportError:
    pass  # an isolated child that does not see the package, or a subinterpreter
"""


def main() -> int:
    """Exit status 0 if all tests passed."""
    arguments = sys.argv[1:]
    interval = int(arguments.pop(0)) if arguments and arguments[0].isdigit() else 64
    package = next(entry for entry in sys.path if (Path(entry) / "leakguard/routes").is_dir())
    with tempfile.TemporaryDirectory() as directory:
        # every interpreter that the tests start samples too
        Path(directory, "sitecustomize.py").write_text(START.format(interval=interval))
        return subprocess.run(
            [sys.executable, "-m", "test", "-q", "-u", "cpu", *(arguments or TESTS)],
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{directory}:{package}"},
            check=False,
        ).returncode


if __name__ == "__main__":
    raise SystemExit(main())
