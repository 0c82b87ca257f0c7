"""The small values that a heap image hands out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leakguard.image.format import EdgeKind


@dataclass(frozen=True, slots=True)
class Ident:
    """What an object is called in somebody's code, and where that code is."""

    name: str
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """A line that was running: `function` is its qualified name, `line` 0 where it is not known."""

    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class Label:
    """How one object refers to another.

    `name` is the attribute, key, variable or slot for kinds that carry one, the class of the key
    ("str", "int"...) for DATA_KEY, and "" for the others. `value` is the label's raw 28-bit value:
    a string id, an ordinal, a position, or the class and salted hash of a data key.
    """

    kind: EdgeKind
    name: str
    value: int
