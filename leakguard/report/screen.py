"""Sections share a screen of limited height: what does not fit is folded or dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


USUAL_TOP = 5
_EACH = 8  # lines that a reference list usually has, with what belongs to it


@dataclass(frozen=True, slots=True)
class Screen:
    """How many columns and lines there are, whether they can be coloured, and how many rows of a
    table are wanted."""

    width: int = 80
    height: int = 50
    colour: bool = False
    top: int = USUAL_TOP

    @classmethod
    def asked(cls, top: int, width: int = 80, colour: bool = False) -> Screen:
        """For `top` suspects: who asks for more than usual wants to see them, not one screen."""
        return cls(width, cls.height_for(top), colour, top)

    @staticmethod
    def height_for(top: int) -> int:
        """Lines for a report on `top` suspects."""
        return 50 + _EACH * max(top - USUAL_TOP, 0)


@dataclass(frozen=True, slots=True)
class Section:
    """A block of lines that can be told in fewer lines.

    ``lines(n)`` gives at most ``n`` lines, none when they would tell nothing. ``least`` is what the
    section needs to make sense, ``most`` what it has to say.
    """

    lines: Callable[[int], list[str]]
    least: int
    most: int


def fixed(lines: list[str]) -> Section:
    """A section that is shown as it is, from its beginning."""
    return Section(lambda room: lines[:room], len(lines), len(lines))


def compose(sections: Sequence[Section], order: Sequence[int], height: int) -> list[str]:
    """The sections' lines, a blank line between two, at most ``height`` in all.

    ``order`` lists the indices of the sections by importance. Each gets its least while there is
    room; what is left over goes, in the same order, to those that have more to say.
    """
    granted = [0] * len(sections)
    room = height + 1  # each section pays for a blank line before it; the first one has none
    for index in order:
        grant = min(sections[index].least, room - 1)
        if grant > 0:
            granted[index] = grant
            room -= grant + 1
    for index in order:
        if granted[index]:
            more = min(sections[index].most - granted[index], room)
            granted[index] += more
            room -= more
    lines: list[str] = []
    for section, grant in zip(sections, granted, strict=True):
        shown = section.lines(grant)
        lines += [""] * bool(lines and shown) + shown
    return lines
