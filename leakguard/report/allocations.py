"""The lines of code that allocated what the first suspect holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.report import columns, units
from leakguard.report.chain import shorter_places

if TYPE_CHECKING:
    from leakguard.analysis.findings import Suspect
    from leakguard.analysis.route_findings import AllocationLine
    from leakguard.report.style import Style

MOST_LINES = 3


def allocation_lines(suspect: Suspect, room: int, width: int, style: Style) -> list[str]:
    """A heading and at most three lines, each with its part and its bytes; all on one line where
    that is enough."""
    if room < 1 or not suspect.lines:
        return []
    heading = f"{suspect.rank} was allocated at"
    if len(suspect.lines) == 1 or room == 1:
        what, whole = _line(suspect.lines[0], width - len(heading) - 1)
        if whole or room == 1:
            return [f"{style.quiet(heading)} {what}"]
    shown = suspect.lines[: min(MOST_LINES, room - 1)]
    return [style.quiet(heading), *(f"  {_line(line, width - 2)[0]}" for line in shown)]


def allocation_height(suspect: Suspect) -> int:
    """How many lines ``allocation_lines`` has to say at most."""
    return 1 + min(len(suspect.lines), MOST_LINES) if suspect.lines else 0


def _line(line: AllocationLine, room: int) -> tuple[str, bool]:
    """A line in exactly `room` columns, and whether its function is whole."""
    figures = columns.right(units.percent(line.share), 8) + columns.right(
        units.size(line.bytes), 10
    )
    space = room - columns.width(figures)
    function = columns.visible(line.function)
    places = shorter_places(line.file, line.line)
    # the function is worth more than the directories
    fitting = (p for p in places if columns.width(p) + 4 + columns.width(function) <= space)
    place = next(fitting, None)
    what = f"{places[-1] if place is None else place}  {function}"
    return columns.left(what, space) + figures, place is not None
