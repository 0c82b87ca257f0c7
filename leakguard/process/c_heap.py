"""What the C library's malloc has taken from the system and handed out."""

from __future__ import annotations

import ctypes
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable

_MAPS = Path("/proc/self/maps")
# Libraries that put themselves in malloc's place; glibc's figures then say next to nothing.
_REPLACEMENTS = ("jemalloc", "tcmalloc", "mimalloc", "snmalloc", "libhoard", "rpmalloc")


@dataclass(frozen=True, slots=True)
class CHeap:
    """Bytes in use (malloc's own headers included), and bytes free but kept for later."""

    in_use: int
    free: int


class _Mallinfo2(ctypes.Structure):
    _fields_: ClassVar = [
        (name, ctypes.c_size_t)
        for name in (
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        )
    ]


def c_heap() -> CHeap | None:
    """glibc's figures over all its arenas; None with another C library or another malloc.

    Takes each arena's lock for as long as its free chunks take to count: 20 µs in a small process,
    a few milliseconds with a million free chunks. The GIL is free meanwhile.
    """
    ask = _mallinfo2()
    if ask is None or replacement() is not None:
        return None
    figures = ask()
    return CHeap(figures.uordblks + figures.hblkhd, figures.fordblks)


@functools.cache
def replacement() -> str | None:
    """The library that stands in for malloc, None where it is the C library's own."""
    try:
        maps = _MAPS.read_text("utf-8", "replace")
    except OSError:
        return None
    files = {line.rpartition("/")[2] for line in maps.splitlines() if "/" in line}
    return next((name for name in _REPLACEMENTS if any(name in file for file in files)), None)


def malloc_trim() -> Callable[[int], int] | None:
    """glibc's malloc_trim, None where there is none."""
    try:
        function = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        return None
    function.argtypes = [ctypes.c_size_t]
    function.restype = ctypes.c_int
    result: Callable[[int], int] = function
    return result


@functools.cache
def _mallinfo2() -> Callable[[], _Mallinfo2] | None:
    # glibc before 2.33 has only mallinfo, whose 32-bit figures wrap around at 2 GB.
    try:
        function = ctypes.CDLL(None).mallinfo2
    except (OSError, AttributeError, TypeError):
        return None
    function.restype = _Mallinfo2
    result: Callable[[], _Mallinfo2] = function
    return result
