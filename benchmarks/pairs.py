"""Nanoseconds that the sampler's hooks add to a PyObject_Malloc and a PyObject_Free.

The least of many rounds, which take turns: other work on the machine only ever adds.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from figures import Figure

from leakguard.routes import sampling

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 60
PAIRS = 200_000
ORDERS = {"LIFO 32": (32, 1), "LIFO 512": (512, 1), "FIFO 64": (64, 1000)}
"""Size of the blocks in bytes, and how many are alive at a time."""

SOURCE = """
#include <Python.h>
#include <time.h>
double pairs(long count, long size, long alive) {
    static void *blocks[1000];
    struct timespec began, ended;
    if (alive == 1) {
        clock_gettime(CLOCK_MONOTONIC, &began);
        for (long i = 0; i < count; i++) PyObject_Free(PyObject_Malloc(size));
        clock_gettime(CLOCK_MONOTONIC, &ended);
        return ((ended.tv_sec - began.tv_sec) * 1e9 + (ended.tv_nsec - began.tv_nsec)) / count;
    }
    for (long i = 0; i < alive; i++) blocks[i] = PyObject_Malloc(size);
    clock_gettime(CLOCK_MONOTONIC, &began);
    for (long i = 0, at = 0; i < count; i++) {
        PyObject_Free(blocks[at]);
        blocks[at] = PyObject_Malloc(size);
        if (++at == alive) at = 0;
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    for (long i = 0; i < alive; i++) PyObject_Free(blocks[i]);
    return ((ended.tv_sec - began.tv_sec) * 1e9 + (ended.tv_nsec - began.tv_nsec)) / count;
}
"""


def measure(objects: int) -> Iterator[Figure]:
    """`objects` says nothing here. The target is for the last block first, as CPython frees."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise SystemExit("there is no C compiler (cc) to make the loop with")
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory, "pairs.c")
        library = Path(directory, "pairs.so")
        source.write_text(SOURCE)
        include = sysconfig.get_path("include")
        subprocess.run(
            [compiler, "-O2", "-shared", "-fPIC", f"-I{include}", str(source), "-o", str(library)],
            check=True,
        )
        run = ctypes.PyDLL(str(library)).pairs
        run.restype = ctypes.c_double
        run.argtypes = [ctypes.c_long] * 3
        for order, (size, alive) in ORDERS.items():
            least = {False: float("inf"), True: float("inf")}
            for _ in range(ROUNDS):
                for sampled in least:
                    if sampled:
                        sampling.start()
                    least[sampled] = min(least[sampled], run(PAIRS, size, alive))
                    if sampled:
                        sampling.stop()
            limit = 1.0 if order.startswith("LIFO") else None
            yield Figure(f"a pair, {order} bytes", least[False], "ns")
            yield Figure("  the sampler adds", least[True] - least[False], "ns", limit)
