"""Times a PyObject_Malloc and its PyObject_Free in this process: `pairs_run.py LIBRARY on|off`.

Prints for each order of frees the least nanoseconds of a pair, with the sampler or without. The
library has the loop of `pairs.py`.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import random
import sys

ROUNDS = 40
PAIRS = 100_000
ORDERS = {"LIFO 32": (32, 1), "LIFO 512": (512, 1), "FIFO 64": (64, 1000)}
"""Size of the blocks in bytes, and how many are alive at a time."""

_padding: list[mmap.mmap] = []


def shift_what_is_loaded_next() -> None:
    """Where code lies decides how well its jumps are predicted: let chance decide that."""
    _padding.append(mmap.mmap(-1, mmap.PAGESIZE * random.randrange(1, 20_000)))


def timed(library: str, sampled: bool) -> dict[str, float]:
    """Other work on the machine only ever adds: the least of many rounds is told."""
    shift_what_is_loaded_next()
    run = ctypes.PyDLL(library).pairs
    run.restype = ctypes.c_double
    run.argtypes = [ctypes.c_long] * 3
    shift_what_is_loaded_next()
    from leakguard.routes import sampling  # loads the hooks

    if sampled:
        sampling.start()
    return {
        order: min(run(PAIRS, size, alive) for _ in range(ROUNDS))
        for order, (size, alive) in ORDERS.items()
    }


if __name__ == "__main__":
    print(json.dumps(timed(sys.argv[1], sys.argv[2] == "on")))
