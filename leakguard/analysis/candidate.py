"""What may become a suspect: a holder and what has gathered under it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leakguard.analysis.heap import Step


@dataclass(frozen=True, slots=True)
class Candidate:
    """One accumulation, linked chain or single large container.

    `path` leads from a root to the holder (the first link of a chain). `retained` is in bytes.
    `member` is one of the objects that gathered, None where they were folded into the holder or the
    holder itself is what is large; `object_type` and `count` say what and how many. `pattern` are
    the links that come again `repeats` times in a linked chain, empty for everything else.
    """

    path: tuple[Step, ...]
    retained: int
    object_type: str
    count: int
    member: Step | None = None
    pattern: tuple[Step, ...] = ()
    repeats: int = 1

    @property
    def holder(self) -> int:
        """The node under which things gathered."""
        return self.path[-1].node
