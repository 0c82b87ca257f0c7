"""The lines of code that allocated what the first suspect holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.report import columns, units
from leakguard.report.chain import shorter_places

if TYPE_CHECKING:
    from leakguard.analysis.findings import Suspect
    from leakguard.report.style import Style

MOST_LINES = 3


def allocation_lines(suspect: Suspect, room: int, width: int, style: Style) -> list[str]:
    """A heading and at most three lines, each with its part and its bytes; none below two."""
    shown = suspect.lines[: min(MOST_LINES, room - 1)] if room > 1 else ()
    if not shown:
        return []
    lines = [style.quiet(f"{suspect.rank} was allocated at")]
    for line in shown:
        figures = columns.right(units.percent(line.share), 8) + columns.right(
            units.size(line.bytes), 10
        )
        space = width - 2 - columns.width(figures)
        function = columns.visible(line.function)
        places = shorter_places(line.file, line.line)
        # the function is worth more than the directories
        place = next(
            (p for p in places if columns.width(p) + 4 + columns.width(function) <= space),
            places[-1],
        )
        what = columns.left(f"{place}  {function}", space)
        lines.append(f"  {what}{figures}")
    return lines


def allocation_height(suspect: Suspect) -> int:
    """How many lines ``allocation_lines`` has to say."""
    return 1 + min(len(suspect.lines), MOST_LINES) if suspect.lines else 0
