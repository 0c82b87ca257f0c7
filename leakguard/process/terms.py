"""Resident memory as a sum of terms that somebody can act on."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from typing import Any, Literal, get_args

from leakguard.process import c_heap, pymalloc
from leakguard.process.resident import resident

TermName = Literal[
    "python_objects", "python_slack", "c_heap_in_use", "c_heap_free", "mappings", "rest"
]
TERM_NAMES: tuple[TermName, ...] = get_args(TermName)


@dataclass(frozen=True, slots=True)
class Terms:
    """Resident memory in bytes and what it consists of; a term that nobody could tell is None.

    `python_objects` are live objects, `python_slack` is what Python's allocator holds beside them,
    `c_heap_in_use` is what malloc has handed out to anything else, `c_heap_free` what it keeps,
    `mappings` are pages of files and of shared memory, `rest` is all else: thread stacks, memory
    that extensions mapped themselves, and whatever an unknown term would have covered.
    The known terms add up to `rss` where that is known.

    Python objects of more than 512 bytes live in the C heap. How many bytes they are only a picture
    of the heap tells: with `heap_bytes` (see `with_heap`) they are counted as Python objects,
    without it `python_objects` are the small ones only. `large_objects` is what was so moved from
    the C heap, or from the rest where nobody tells of that; it is all of them where Python's
    allocator is malloc itself. `at` is in seconds on the monotonic clock. `unknown` says in
    sentences what is missing and why.
    """

    at: float
    rss: int | None
    python_objects: int | None
    python_slack: int | None
    c_heap_in_use: int | None
    c_heap_free: int | None
    mappings: int | None
    rest: int | None
    heap_bytes: int | None = None
    large_objects: int | None = None
    unknown: tuple[str, ...] = ()

    def term(self, name: TermName) -> int | None:
        """One term by its name, in bytes."""
        value: int | None = getattr(self, name)
        return value

    def with_heap(self, heap_bytes: int) -> Terms:
        """The same, knowing from a picture of the heap what all Python objects take."""
        large = max(0, heap_bytes - (self.python_objects or 0))
        return dataclasses.replace(self._with_large(large), heap_bytes=heap_bytes)

    def with_large(self, large: int) -> Terms:
        """The same with `large` bytes of large objects in it, whatever was counted before."""
        return self._with_large(large - (self.large_objects or 0))

    def _with_large(self, more: int) -> Terms:
        # Where nobody tells what the C heap holds, it is part of the rest.
        there = self.rest if self.c_heap_in_use is None else self.c_heap_in_use
        if there is None:
            return self
        more = min(more, there)
        large = (self.large_objects or 0) + more
        objects = (self.python_objects or 0) + more
        untold = self.python_slack is None and not large
        return dataclasses.replace(
            self,
            python_objects=None if untold else objects,
            large_objects=large,
            c_heap_in_use=None if self.c_heap_in_use is None else there - more,
            rest=there - more if self.c_heap_in_use is None else self.rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """The terms as JSON-able values, bytes by name."""
        return {"rss": self.rss, **{name: self.term(name) for name in TERM_NAMES}}


def terms(*, clock: float | None = None) -> Terms:
    """The terms of this process now. Raises nothing; takes 0.2 to 1 ms, most of it without the GIL.

    `clock` replaces the monotonic clock's time.
    """
    unknown: list[str] = []
    small, c_use = pymalloc.pymalloc(), c_heap.c_heap()
    if small is None:
        unknown.append("Python's allocator does not tell how much of its memory is in use.")
    if c_use is None:
        unknown.append(_why_no_c_heap())
    memory = resident()
    if memory is None:
        unknown.append("The system does not tell how much of this process is resident.")
    elif memory.mapped is None:
        unknown.append("The system does not tell pages of files from the process's own.")
    return build(
        time.monotonic() if clock is None else clock,
        rss=None if memory is None else memory.total,
        mapped=None if memory is None else memory.mapped,
        small=small,
        c_use=c_use,
        unknown=tuple(unknown),
    )


def build(
    at: float,
    *,
    rss: int | None,
    mapped: int | None,
    small: pymalloc.PyMalloc | None,
    c_use: c_heap.CHeap | None,
    unknown: tuple[str, ...] = (),
) -> Terms:
    """Terms from figures of the kernel and the allocators, which know nothing of one another.

    The allocators count addresses, the kernel counts resident pages. Where the sum is larger than
    what is resident, memory that nobody uses is the part that is not: pages that were given back
    but stay in the allocator's books, arenas never touched, then buffers never written to.
    """
    parts: dict[TermName, int | None] = {
        "python_objects": None if small is None else small.in_use,
        "python_slack": None if small is None else max(0, small.arenas - small.in_use),
        "c_heap_in_use": None if c_use is None else c_use.in_use,
        "c_heap_free": None if c_use is None else c_use.free,
        "mappings": mapped,
    }
    rest: int | None = None
    if rss is not None:
        rest = rss - sum(part or 0 for part in parts.values())
        shrinking: tuple[TermName, ...] = (
            "c_heap_free",
            "python_slack",
            "c_heap_in_use",
            "python_objects",
        )
        for name in shrinking:
            part = parts[name]
            if rest < 0 and part is not None:
                cut = min(part, -rest)
                parts[name] = part - cut
                rest += cut
        rest = max(0, rest)
    return Terms(at=at, rss=rss, rest=rest, unknown=unknown, **parts)


def _why_no_c_heap() -> str:
    other = c_heap.replacement()
    if other is not None:
        return f"malloc is {other}'s, whose figures are not read: the rest covers the C heap."
    return "This C library does not tell what its heap holds: the rest covers it."
