"""The workers of an app as text, above the report of one of them: a table, and what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leakguard.report import columns, units
from leakguard.report.style import Style

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from leakguard.report.workers import SharedSuspect, WorkerRow, Workers

MOST_ROWS = 10
_MOST_ENDED = 4
_MOST_NAMES = 5
MOST_SHARED = 3
_ROOM_FOR_ALL = 76
_WIDTHS = (8, 12, 9, 12, 10)
_HEADING = ("pid", "up", "RSS", "growing", "requests")
_SLOWEST = 1_000.0  # bytes a minute below which a pace is not worth a figure


def lines(
    workers: Workers, width: int = 80, style: Style | None = None, most: int = MOST_SHARED
) -> list[str]:
    """The table, who has ended or is silent, and at most `most` shared suspects."""
    style = style or Style()
    shown = _worth_a_row(workers.rows)
    hidden = len(workers.rows) - len(shown)
    return [
        style.strong(columns.fit(_title(workers), width)),
        style.quiet(_cells(_HEADING, width) + "  worst suspect"),
        *(_row(row, width, style) for row in shown),
        *([f"     … and {units.count(hidden)} more that are calmer or ended"] if hidden else []),
        *(line for fate in _fates(workers.rows) for line in _wrapped(fate, width)),
        *(
            line
            for found in workers.suspects[:most]
            for line in _wrapped(f"{_where(found)}: {columns.visible(found.holder)}", width)
        ),
    ]


def above(
    workers: Workers,
    render: Callable[[int], str],
    *,
    width: int = 80,
    height: int = 50,
    colour: bool = False,
    most: int = MOST_SHARED,
) -> str:
    """A report of one worker below the table of all, on one screen; without others, it alone.

    `render` gives the report in so many lines.
    """
    if len(workers.rows) < 2:
        return render(height)
    head = lines(workers, width, Style(colour), most)
    return "\n".join(head) + "\n\n" + render(height - len(head) - 1)


def where(found: SharedSuspect) -> str:
    """`in 4 of 4 workers, 2.10 MB/min each`, as a part of a sentence."""
    return _where(found)


def _title(workers: Workers) -> str:
    alive = sum(row.ended_seconds is None for row in workers.rows)
    ended = len(workers.rows) - alive
    number = "1 worker" if alive == 1 else f"{units.count(alive)} workers"
    gone = f", {units.count(ended)} ended lately" if ended else ""
    return f"{columns.visible(workers.app)} · {number}{gone}"


def _worth_a_row(rows: Sequence[WorkerRow]) -> list[WorkerRow]:
    """All of them, or those that say most, in the order given; the last few of those that ended."""
    ended = sorted((row for row in rows if row.ended_seconds is not None), key=_recency)
    rows = [row for row in rows if row not in ended[_MOST_ENDED:]]
    if len(rows) <= MOST_ROWS:
        return rows

    def importance(row: WorkerRow) -> tuple[bool, bool, float]:
        pace = row.suspect_bytes_per_minute or row.rss_bytes_per_minute or 0.0
        return (not row.answering, row.ended_seconds is not None, -pace)

    kept = sorted(rows, key=importance)[: MOST_ROWS - 1]
    return [row for row in rows if row in kept]


def _row(row: WorkerRow, width: int, style: Style) -> str:
    up = "ended" if row.ended_seconds is not None else _or_dash(row.up_seconds, units.duration)
    cells = (
        str(row.pid),
        up,
        _or_dash(row.rss_bytes, units.size),
        _pace(row.rss_bytes_per_minute) or "-",
        _or_dash(row.requests, units.count),
    )
    figures = _cells(cells, width)
    room = width - columns.width(figures) - 2
    line = f"{figures}  {_suspect(row, room)}".rstrip()
    if row.answering:
        return style.strong(line)
    return line if row.ended_seconds is None and not row.error else style.quiet(line)


def _cells(cells: Sequence[str], width: int) -> str:
    """Without the second on a narrow screen: the pid, memory and requests say more than an age."""
    told = list(zip(cells, _WIDTHS, strict=True))
    if width < _ROOM_FOR_ALL:
        del told[1]
    return "".join(columns.right(cell, room) for cell, room in told)


def _suspect(row: WorkerRow, room: int) -> str:
    if row.suspect is None:
        return "(not looked at yet)" if row.snapshot_age_seconds is None else "-"
    pace = _pace(row.suspect_bytes_per_minute)
    behind = f" {pace}" if pace else ""
    return columns.fit(columns.visible(row.suspect), room - columns.width(behind)) + behind


def _fates(rows: Sequence[WorkerRow]) -> list[str]:
    """Who does not answer, and why, in a sentence each; how the others ended, in one for all."""
    silent = [columns.visible(row.error) for row in rows if row.error]
    said = [f"{error}; its last figures are shown." for error in silent]
    ended = [row for row in rows if row.ended_seconds is not None]
    for left, how in (
        (False, "ended without a word (killed, or crashed)"),
        (True, "stopped (recycled, or shut down)"),
    ):
        some = sorted((row for row in ended if row.left is left), key=_recency)
        if some:
            seconds = _recency(some[0])
            ago = f"{units.duration(seconds)} ago" if seconds >= 1 else "just now"
            last = ago if len(some) == 1 else f"the last {ago}"
            said.append(f"{_listed([str(row.pid) for row in some])} {how}, {last}.")
    return said


def _recency(row: WorkerRow) -> float:
    return row.ended_seconds or 0.0


def _listed(names: Sequence[str]) -> str:
    if len(names) > _MOST_NAMES:
        names = [*names[: _MOST_NAMES - 1], f"{len(names) - _MOST_NAMES + 1} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _where(found: SharedSuspect) -> str:
    told = []
    if found.pids or not found.ended:
        noun = "worker" if found.asked == 1 else "workers"
        looked = "" if found.asked == found.alive else " looked at"
        early = f" ({len(found.undecided)} too early to tell)" if found.undecided else ""
        told.append(f"in {len(found.pids)} of {found.asked} {noun}{looked}{early}")
    if found.ended:
        told.append(f"in {found.ended} that ended")
    text = " and ".join(told)
    low, high = _pace(found.low), _pace(found.high)
    if high and (low == high or not low):
        text += f", {high}" if found.low == found.high else f", up to {high}"
    elif high:
        text += f", {low} to {high}"
    several = len(found.pids) or found.ended
    if high and found.paced is not None and found.paced < several:
        return f"{text} in {found.paced}"
    return text + (" each" if high and len(found.pids) + found.ended > 1 else "")


def _wrapped(text: str, width: int) -> list[str]:
    first, *others = columns.wrap(text, width - 2)
    return [first, *(f"  {line}" for line in others)]


def _pace(rate: float | None) -> str:
    return f"{units.size(round(rate))}/min" if rate is not None and rate >= _SLOWEST else ""


def _or_dash(value: Any, form: Any) -> str:
    return "-" if value is None else str(form(value))
