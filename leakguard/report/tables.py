"""The tables of a report: suspects, types and routes, each foldable to a few rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leakguard.report import columns, units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.findings import Suspect, TypeRow
    from leakguard.report.routes import MemoryRow, Row
    from leakguard.report.style import Style

_SURE = 0.95  # below that an estimated growth is not worth a figure; what a suspect holds is known
_ROOM_FOR_ROUTES = 38  # columns that holder and route must have together
_ROOM_FOR_DURATIONS = 76
_KIND_WIDTH = 16  # "context variable" and "logging handler" fit


@dataclass(frozen=True, slots=True)
class Table:
    """A heading and rows that are already as wide as the screen; `hint` says where those are that
    were left out."""

    heading: str
    rows: Sequence[str]
    noun: str
    hint: str = ""

    def lines(self, room: int) -> list[str]:
        """At most ``room`` lines, the last one counting the rows left out; none below two."""
        if room < 2 or not self.rows:
            return []
        if len(self.rows) < room:
            return [self.heading, *self.rows]
        left_out = len(self.rows) - (room - 2)
        more = f"   … and {units.count(left_out)} more {self.noun}{self.hint}"
        return [self.heading, *self.rows[: room - 2], more]

    @property
    def height(self) -> int:
        """Lines that the whole table takes."""
        return 1 + len(self.rows) if self.rows else 0


def suspects_table(suspects: Sequence[Suspect], width: int, style: Style) -> Table:
    """Rank, retained bytes, how much of that has come lately (where that is known, else the share
    of the heap), mechanism, holder, and whose requests made it."""
    kinds = [columns.visible(suspect.kind).replace("-", " ") for suspect in suspects]
    kind_width = min(max(map(columns.width, ["kind", *kinds])), _KIND_WIDTH)
    compared = any(suspect.growth_bytes is not None for suspect in suspects)
    figure, figure_width = ("grew", 10) if compared else ("of heap", 9)
    beginning = f" #{'retained':>10}{figure:>{figure_width}}  {'kind':<{kind_width}}  "
    whose = [_whose(suspect, width) for suspect in suspects]
    room = width - columns.width(beginning)
    shortest = max((columns.width(columns.visible(one.holder)) for one in suspects), default=0)
    whose_width = _whose_width(whose, room, shortest)
    holder_width = room - whose_width

    def ending(holder: str, route: str) -> str:
        return columns.left(holder, holder_width - 2) + "  " + route

    def held(suspect: Suspect) -> str:
        if not whose_width:
            return _holder(suspect, room)
        return ending(_holder(suspect, holder_width - 2), _whose(suspect, whose_width))

    rows = [
        columns.right(units.count(suspect.rank), 2)
        + style.alarming(columns.right(units.size(suspect.retained_bytes), 10))
        + columns.right(_lately(suspect, compared), figure_width)
        + f"  {columns.left(kind, kind_width)}  "
        + held(suspect)
        for suspect, kind in zip(suspects, kinds, strict=True)
    ]
    heading = beginning + (ending("held by", "requests of") if whose_width else "held by")
    return Table(style.quiet(heading), rows, "suspects")


def _lately(suspect: Suspect, compared: bool) -> str:
    if not compared:
        return units.percent(suspect.share)
    grown = suspect.growth_bytes
    if grown is None:
        return "-"
    return f"+{units.size(grown)}" if grown > 0 else f"({suspect.moves or 'steady'})"


def _whose_width(whose: Sequence[str], room: int, shortest: int) -> int:
    """Columns for the routes; 0 where there are none, or no room beside the holders, of which the
    longest name has `shortest`."""
    if not any(whose) or room < _ROOM_FOR_ROUTES:
        return 0
    wanted = max(map(columns.width, ["requests of", *whose]))
    return min(wanted, max(room // 2, room - 2 - shortest))


def _whose(suspect: Suspect, width: int) -> str:
    """`GET /cart/{n} 91 %, +1`; where that is too long, the route loses its parameters, then its
    middle."""
    if not suspect.routes:
        return ""
    first, *others = suspect.routes
    share = f" {units.percent(first.share)}" + (f", +{len(others)}" if others else "")
    return columns.fit_route(columns.visible(first.route), width - columns.width(share)) + share


def types_table(
    types: Sequence[TypeRow], width: int, style: Style, shown: int | None = None
) -> Table:
    """Types with their number, their own bytes and what they retain; as wide as the first `shown`
    names need."""
    cells = [
        (
            columns.visible(row.type),
            units.count(row.count),
            units.size(row.shallow_bytes),
            units.size(row.retained_bytes),
        )
        for row in types
    ]
    heading = ("types", "objects", "shallow", "retained")
    return _figures(heading, cells, "types", width, style, shown)


def routes_table(routes: Sequence[Row], width: int, style: Style) -> Table:
    """Routes with their requests, errors, and what is alive of what they allocated; where that is
    not known, requests in flight and mean duration instead."""
    if any(row.memory is not None for row in routes):
        return _memory_table(routes, width, style)
    cells = [
        (
            columns.visible(row.route),
            units.count(row.requests),
            units.count(row.errors),
            units.count(row.in_flight),
            _mean(row),
        )
        for row in sorted(routes, key=_importance, reverse=True)
    ]
    heading = ("routes", "requests", "errors", "in flight", "mean")
    return _figures(heading, cells, "routes", width, style)


def _memory_table(routes: Sequence[Row], width: int, style: Style) -> Table:
    """What leaks first, then what is alive, then what is busy: on a narrow screen errors and
    durations have no room."""
    narrow = width < _ROOM_FOR_DURATIONS
    cells = [
        (
            columns.visible(row.route),
            units.count(row.requests),
            *(() if narrow else (units.count(row.errors), _mean(row))),
            *_memory(row),
        )
        for row in sorted(filter(_says_something, routes), key=_importance, reverse=True)
    ]
    figures = () if narrow else ("errors", "mean")
    heading = ("routes", "requests", *figures, "live", "a request", "growing")
    return _figures(heading, cells, "routes", width, style)


def _mean(row: Row) -> str:
    return units.duration(row.mean_seconds) if row.requests else "-"


def _memory(row: Row) -> tuple[str, str, str]:
    memory = row.memory
    if memory is None:
        return "-", "-", "-"
    pace = _pace(memory)
    return (
        units.size(memory.live_bytes),
        units.size(round(memory.bytes_per_request)) if _each_is_known(row, memory) else "-",
        f"{units.size(round(pace))}/min" if pace else "-",
    )


def _pace(memory: MemoryRow) -> float:
    """Bytes a minute that the route gains; 0 unless that is sure."""
    pace, confidence = memory.growth_bytes_per_minute, memory.confidence
    sure = bool(memory.suspects) or (confidence is not None and confidence >= _SURE)
    return pace if sure and pace is not None and pace > 0 else 0.0


def _each_is_known(row: Row, memory: MemoryRow) -> bool:
    """Whether what is alive of a route is what each of its requests left behind, or nothing is."""
    return bool(row.requests) and (memory.bytes_per_request > 0 or not memory.live_bytes)


def _says_something(row: Row) -> bool:
    return bool(row.requests or row.in_flight or _live(row))


def _importance(row: Row) -> tuple[bool, bool, float, int]:
    memory = row.memory
    suspected = memory is not None and bool(memory.suspects)
    growing = memory is not None and _pace(memory) > 0
    return suspected, growing, _live(row), row.requests


def _live(row: Row) -> float:
    return row.memory.live_bytes if row.memory is not None else 0.0


def _figures(
    heading: tuple[str, ...],
    cells: Sequence[tuple[str, ...]],
    noun: str,
    width: int,
    style: Style,
    shown: int | None = None,
) -> Table:
    """A name at the left, figures aligned at the right, all close enough to read across."""
    widths = [
        min(max(columns.width(row[at]) for row in [heading, *cells]), 13) + 2
        for at in range(1, len(heading))
    ]
    longest = max((columns.width(row[0]) for row in cells[:shown]), default=0)
    name_width = min(max(longest, 24), width - 1 - sum(widths))
    shorter = columns.fit_route if noun == "routes" else columns.fit

    def line(row: tuple[str, ...], indent: str) -> str:
        figures = "".join(columns.right(cell, at) for cell, at in zip(row[1:], widths, strict=True))
        name = shorter(row[0], name_width + 1 - len(indent))
        return columns.left(indent + name, name_width + 1) + figures

    return Table(style.quiet(line(heading, "")), [line(row, " ") for row in cells], noun)


def _holder(suspect: Suspect, width: int) -> str:
    holder = columns.visible(suspect.holder)
    held = columns.visible(suspect.object_type).rpartition(".")[2]
    text = f"{holder}: {units.count(suspect.object_count)} × {held}" if held else holder
    return text if columns.width(text) <= width else columns.fit(holder, width)
