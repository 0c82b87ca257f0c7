"""Giving free memory back to the system, and what that was worth."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from typing import Any

from leakguard.process import c_heap
from leakguard.process.terms import Terms, terms


@dataclass(frozen=True, slots=True)
class Trimmed:
    """What a trim did: the terms before and after it, and its duration in seconds.

    `problem` says why nothing could be trimmed, None where the C library did trim.
    """

    before: Terms
    after: Terms
    seconds: float
    problem: str | None = None

    def with_heap(self, heap_bytes: int) -> Trimmed:
        """The same, knowing from the newest picture of the heap what all Python objects take."""
        before = self.before.with_heap(heap_bytes)
        after = self.after.with_large(before.large_objects or 0)
        return dataclasses.replace(self, before=before, after=after)

    @property
    def released(self) -> int | None:
        """Resident bytes given back; what other threads took meanwhile counts against it."""
        if self.before.rss is None or self.after.rss is None:
            return None
        return max(0, self.before.rss - self.after.rss)

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON-able values."""
        return {
            "released_bytes": self.released,
            "seconds": self.seconds,
            "problem": self.problem,
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
        }


def trim() -> Trimmed:
    """Ask malloc to give the pages it does not need back to the system.

    Blocks for about 0.1 s a gigabyte of free memory, with the GIL free but malloc's arenas locked
    in turn: call it from a worker thread. Raises nothing.
    """
    before = terms()
    release = c_heap.malloc_trim()
    if release is None:
        return Trimmed(before, before, 0.0, "this C library cannot be asked to trim its heap")
    other = c_heap.replacement()
    if other is not None:
        return Trimmed(before, before, 0.0, f"malloc is {other}'s, which trims by itself")
    began = time.perf_counter()
    release(0)
    seconds = time.perf_counter() - began
    return Trimmed(before, terms(), seconds)
