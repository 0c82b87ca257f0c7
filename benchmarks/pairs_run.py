"""Times a PyObject_Malloc and its PyObject_Free, sampled and not: `pairs_run.py LIBRARY`.

Prints for each order of frees the least nanoseconds of a pair without the sampler, and how much
more the least with it is. The library has the loop of `pairs.py`.
"""

from __future__ import annotations

import ctypes
import json
import sys
from typing import TYPE_CHECKING

from leakguard.routes import sampling

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 40
PAIRS = 100_000
ORDERS = {"LIFO 32": (32, 1), "LIFO 512": (512, 1), "FIFO 64": (64, 1000)}
"""Size of the blocks in bytes, and how many are alive at a time."""


def timed(library: str) -> Iterator[tuple[str, float, float]]:
    """The rounds take turns: other work on the machine only ever adds."""
    run = ctypes.PyDLL(library).pairs
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
        yield order, least[False], least[True] - least[False]


if __name__ == "__main__":
    print(json.dumps(list(timed(sys.argv[1]))))
