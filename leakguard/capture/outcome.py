"""What a capture gave, and how it tells how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leakguard.capture.facts import Method

OnProgress = Callable[[float], object]
"""Called with the share done, 0 to 1, a few times a second, from the capturing thread."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An image was written. `pause_seconds`: the server stood still; `wall_seconds`: until the end.

    `cpu_seconds` is what walking and writing used, `mapped_bytes` the memory of the walk's own;
    `analysed` says whether the child went on to the analyser that was asked for.
    """

    method: Method
    pause_seconds: float
    wall_seconds: float
    cpu_seconds: float
    mapped_bytes: int
    notes: tuple[str, ...]
    analysed: bool = False
