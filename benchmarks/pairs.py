"""Nanoseconds that the sampler's hooks add to a PyObject_Malloc and a PyObject_Free.

What a pair takes depends on where the loader has put the code, by more than a nanosecond, and on
what the processor has seen a jump lead to: hooks that come and go make CPython's own jump slower
with them and without. So many fresh processes time it (`pairs_run.py`), each either with the
sampler or without: the medians tell, and beside them stands how far the processes are apart.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from figures import Figure, median, spread

if TYPE_CHECKING:
    from collections.abc import Iterator

PROCESSES = 31
"""Of each kind."""
SCRIPT = Path(__file__).with_name("pairs_run.py")

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
    with tempfile.TemporaryDirectory() as directory:
        library = _compile(Path(directory))
        seen = [
            (_in_fresh_process(library, "off"), _in_fresh_process(library, "on"))
            for _ in range(PROCESSES)
        ]
    for order in seen[0][0]:
        bare, hooked = [off[order] for off, _ in seen], [on[order] for _, on in seen]
        limit = 1.0 if order.startswith("LIFO") else None
        yield Figure(f"a pair, {order} bytes", median(bare), "ns", None, spread(bare))
        yield Figure("  with the sampler", median(hooked), "ns", None, spread(hooked))
        yield Figure("  the sampler adds", median(hooked) - median(bare), "ns", limit)


def _compile(directory: Path) -> Path:
    """The loop, as a library."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise SystemExit("there is no C compiler (cc) to make the loop with")
    source, library = directory / "pairs.c", directory / "pairs.so"
    source.write_text(SOURCE)
    include = sysconfig.get_path("include")
    command = [compiler, "-O2", "-shared", "-fPIC", f"-I{include}", source, "-o", library]
    subprocess.run(command, check=True)
    return library


def _in_fresh_process(library: Path, sampler: str) -> dict[str, float]:
    """Nanoseconds of a pair by order; the sampler is "on" or "off"."""
    command = [sys.executable, "-P", str(SCRIPT), str(library), sampler]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    times: dict[str, float] = json.loads(ended.stdout)
    return times
