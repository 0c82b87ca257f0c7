"""Nanoseconds that the sampler's hooks add to a PyObject_Malloc and a PyObject_Free.

What a pair takes depends on where the loader has put the code, by more than a nanosecond. So
several fresh processes time it (`pairs_run.py`): their median tells, and beside it stands how far
they are apart.
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

PROCESSES = 15
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
        seen = [_in_fresh_process(library) for _ in range(PROCESSES)]
    for timed in zip(*seen, strict=True):
        order = timed[0][0]
        bare, added = [least for _, least, _ in timed], [more for _, _, more in timed]
        limit = 1.0 if order.startswith("LIFO") else None
        yield Figure(f"a pair, {order} bytes", median(bare), "ns", None, spread(bare))
        yield Figure("  the sampler adds", median(added), "ns", limit, spread(added))


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


def _in_fresh_process(library: Path) -> list[tuple[str, float, float]]:
    """By order: nanoseconds of a pair, and what the sampler adds."""
    command = [sys.executable, "-P", str(SCRIPT), str(library)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [(order, bare, added) for order, bare, added in json.loads(ended.stdout)]
