"""A process whose memory grows: `growing_process.py WAY` prints what was seen of it as JSON."""

from __future__ import annotations

import ctypes
import dataclasses
import gc
import json
import mmap
import sys
import tempfile
from typing import Any

from leakguard import process

ROUNDS = 12
kept: list[Any] = []


def python_dicts(_: int) -> None:
    kept.extend({"number": number} for number in range(4_000))


def large_objects(_: int) -> None:
    kept.extend(bytearray(3_000) for _ in range(300))


def malloc_without_free(_: int) -> None:
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.memset.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t)
    for _ in range(200):
        libc.memset(libc.malloc(5_000), 1, 5_000)


def fragments(at: int) -> None:
    # Each round has sizes of its own, so that the holes of the last one are of no use to it.
    blocks = [bytes(16 * (at + 4) + 8) for _ in range(60_000 // (at + 4))]
    kept.append(blocks[::10])


def anonymous_mappings(_: int) -> None:
    pages = mmap.mmap(-1, 1 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    pages.write(b"x" * len(pages))
    kept.append(pages)


def file_mappings(_: int) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"x" * (1 << 20))
        file.flush()
        pages = mmap.mmap(file.fileno(), 1 << 20)
    assert sum(pages[:: mmap.PAGESIZE])  # every page is looked at
    kept.append(pages)


def nothing(_: int) -> None:
    for _ in range(50):
        bytearray(20_000)


def main(way: str) -> None:
    step = globals()[way]
    step(0)  # what is made once, such as a library's tables, is none of the growth
    gc.collect()
    history = process.History()
    for at in range(1, ROUNDS + 1):
        step(at)
        point = process.terms(clock=10.0 * at)
        if way == "large_objects":
            point = point.with_heap(point.python_objects + 300 * 3_050 * at)
        history.add(point)
    found = history.growing()
    print(
        json.dumps(
            {
                "growing": None if found is None else found.name,
                "moves": [dataclasses.asdict(move) for move in process.moves(history)],
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
