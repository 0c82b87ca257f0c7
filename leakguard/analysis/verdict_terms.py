"""Which terms of resident memory grow, and what that alone tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.evidence import TermMove

PYTHON = "python_objects"
FREE_TERMS = ("python_slack", "c_heap_free")
C_TERMS = ("c_heap_in_use", "rest", "mappings")
_IN_USE = (PYTHON, "c_heap_in_use")

# Free memory grows while what is in use gains less than this part of it.
_LITTLE = 0.5
# What is left of a gain beside its free memory, and is not worth a word.
_LITTLE_LEFT = 0.5
# So much free memory, and this part of all, is worth a verdict of its own.
_MUCH_KEPT, _MUCH_PART = 64 << 20, 0.4
# Growth of the whole that has slowed down is told from this part of it on.
_SLOWED_PART = 0.05
_SURE = 0.95
# A term beside a suspect is told of when it grows at this part of its pace.
_AS_FAST = 0.5
# A gain that matters: bytes, and part of the resident memory. Every server's shakes by a megabyte;
# free memory is what shakes most, and does no harm before it is much.
_MATTERS = (2 << 20, 0.02)
_MATTERS_FREE = (16 << 20, 0.1)


@dataclass(frozen=True, slots=True)
class KeptFree:
    """Bytes that the allocators hold and nobody uses, beside all that is resident."""

    python: int
    c_heap: int
    rss: int

    @property
    def largest(self) -> str:
        """The name of the larger term."""
        return "python_slack" if self.python > self.c_heap else "c_heap_free"


class TermsSeen:
    """The moves of the terms, by name."""

    def __init__(self, moves: Sequence[TermMove]) -> None:
        self._by_name = {move.name: move for move in moves}
        if PYTHON not in self._by_name:
            # The rest covers Python's own allocator then: its growth tells nothing of C.
            self._by_name.pop("rest", None)

    @property
    def known(self) -> bool:
        """Whether there are trends at all."""
        rss = self._by_name.get("rss")
        return rss is not None and (rss.confidence > 0 or rss.change_bytes == 0)

    @property
    def c_heap_known(self) -> bool:
        """Whether the C heap's own figures are known; else they are part of the rest."""
        return "c_heap_in_use" in self._by_name

    def growing(self, *names: str) -> TermMove | None:
        """The fastest of the named terms that grow by enough to matter, None where none does."""
        found = [
            move
            for name in names
            if (move := self._by_name.get(name)) is not None and move.growing and self._much(move)
        ]
        return max(found, key=lambda move: move.bytes_per_minute, default=None)

    def _much(self, move: TermMove) -> bool:
        rss = self._by_name.get("rss")
        least, part = _MATTERS_FREE if move.name in FREE_TERMS else _MATTERS
        return move.change_bytes >= max(least, part * (rss.bytes if rss is not None else 0))

    def fragmenting(self) -> TermMove | None:
        """Free memory that grows faster than anything in use; None where there is none."""
        free = self.growing(*FREE_TERMS)
        if free is None:
            return None
        used = self.growing(*_IN_USE, "rest", "mappings")
        if used is not None and used.bytes_per_minute > _LITTLE * free.bytes_per_minute:
            return None
        return free

    def settling(self) -> TermMove | None:
        """The resident memory if what it gains is nearly all memory that allocators keep free, and
        that has not gone on for long enough to be called fragmentation; None for other growth."""
        rss = self.growing("rss")
        if rss is None:
            return None
        free = self.newly_free()
        least, part = _MATTERS
        left = rss.change_bytes - free
        return rss if left < max(least, part * rss.bytes, _LITTLE_LEFT * free) else None

    def newly_free(self) -> float:
        """Bytes that the allocators keep free beyond what they did in the beginning."""
        return sum(max(0.0, move.change_bytes) for move in self._moves(FREE_TERMS))

    def _moves(self, names: Sequence[str]) -> list[TermMove]:
        return [self._by_name[name] for name in names if name in self._by_name]

    def faster_than(self, pace: float | None) -> TermMove | None:
        """A term beside Python's objects that grows about as fast as `pace` (bytes a minute), or
        faster."""
        found = self.growing(*C_TERMS, *FREE_TERMS)
        if found is None or (pace is not None and found.bytes_per_minute < _AS_FAST * pace):
            return None
        return found

    def kept_free(self) -> KeptFree | None:
        """Free memory that is much of all; None where it is little."""
        rss = self._by_name.get("rss")
        if rss is None:
            return None
        sizes = [
            move.bytes if (move := self._by_name.get(name)) is not None else 0
            for name in FREE_TERMS
        ]
        if sum(sizes) < max(_MUCH_KEPT, _MUCH_PART * rss.bytes):
            return None
        return KeptFree(sizes[0], sizes[1], rss.bytes)

    def slowing(self) -> TermMove | None:
        """The resident memory if it has grown and does so no more, or less and less."""
        rss = self._by_name.get("rss")
        if rss is None or rss.growing or rss.confidence < _SURE or rss.low <= 0:
            return None
        return rss if rss.change_bytes >= _SLOWED_PART * rss.bytes else None
