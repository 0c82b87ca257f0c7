"""The tables of a report: suspects, types and routes, each foldable to a few rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leakguard.report import columns, units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.findings import Suspect, TypeRow
    from leakguard.report.model import MemoryFigures, RouteFigures
    from leakguard.report.style import Style

_SURE = 0.95  # below that a growth is not worth a figure
_KIND_WIDTH = 16  # "context variable" and "logging handler" fit


@dataclass(frozen=True, slots=True)
class Table:
    """A heading and rows that are already as wide as the screen."""

    heading: str
    rows: Sequence[str]
    noun: str

    def lines(self, room: int) -> list[str]:
        """At most ``room`` lines, the last one counting the rows left out; none below two."""
        if room < 2 or not self.rows:
            return []
        if len(self.rows) < room:
            return [self.heading, *self.rows]
        left_out = len(self.rows) - (room - 2)
        more = f"   … and {units.count(left_out)} more {self.noun}"
        return [self.heading, *self.rows[: room - 2], more]

    @property
    def height(self) -> int:
        """Lines that the whole table takes."""
        return 1 + len(self.rows) if self.rows else 0


def suspects_table(suspects: Sequence[Suspect], width: int, style: Style) -> Table:
    """Rank, retained bytes, share of the heap, mechanism and holder."""
    kinds = [columns.visible(suspect.kind).replace("-", " ") for suspect in suspects]
    kind_width = min(max(map(columns.width, ["kind", *kinds])), _KIND_WIDTH)
    holder_width = width - 25 - kind_width
    heading = f" #{'retained':>10}{'of heap':>9}  {'kind':<{kind_width}}  held by"
    rows = [
        columns.right(units.count(suspect.rank), 2)
        + style.alarming(columns.right(units.size(suspect.retained_bytes), 10))
        + columns.right(units.percent(suspect.share), 9)
        + f"  {columns.left(kind, kind_width)}  "
        + _holder(suspect, holder_width)
        for suspect, kind in zip(suspects, kinds, strict=True)
    ]
    return Table(style.quiet(heading), rows, "suspects")


def types_table(types: Sequence[TypeRow], width: int, style: Style) -> Table:
    """Types with their number, their own bytes and what they retain."""
    cells = [
        (
            columns.visible(row.type),
            units.count(row.count),
            units.size(row.shallow_bytes),
            units.size(row.retained_bytes),
        )
        for row in types
    ]
    return _figures(("types", "objects", "shallow", "retained"), cells, "types", width, style)


def routes_table(routes: Sequence[RouteFigures], width: int, style: Style) -> Table:
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
            units.duration(row.mean_seconds),
        )
        for row in routes
    ]
    heading = ("routes", "requests", "errors", "in flight", "mean")
    return _figures(heading, cells, "routes", width, style)


def _memory_table(routes: Sequence[RouteFigures], width: int, style: Style) -> Table:
    cells = [
        (
            columns.visible(row.route),
            units.count(row.requests),
            units.count(row.errors),
            units.duration(row.mean_seconds),
            *_memory(row.memory),
        )
        for row in sorted(routes, key=_live, reverse=True)
    ]
    heading = ("routes", "requests", "errors", "mean", "live", "a request", "a minute")
    return _figures(heading, cells, "routes", width, style)


def _memory(memory: MemoryFigures | None) -> tuple[str, str, str]:
    if memory is None:
        return "-", "-", "-"
    grows = memory.growth is not None and memory.growth.confidence >= _SURE
    return (
        units.size(round(memory.live_bytes)),
        units.size(round(memory.bytes_per_request)),
        f"+{units.size(round(memory.growth.bytes_per_minute))}" if memory.growth and grows else "-",
    )


def _live(row: RouteFigures) -> float:
    return row.memory.live_bytes if row.memory is not None else 0.0


def _figures(
    heading: tuple[str, ...], cells: Sequence[tuple[str, ...]], noun: str, width: int, style: Style
) -> Table:
    """A name at the left, figures aligned at the right, all close enough to read across."""
    widths = [
        min(max(columns.width(row[at]) for row in [heading, *cells]), 12) + 2
        for at in range(1, len(heading))
    ]
    longest = max((columns.width(row[0]) for row in cells), default=0)
    name_width = min(max(longest, 24), width - 1 - sum(widths))

    def line(row: tuple[str, ...], indent: str) -> str:
        figures = "".join(columns.right(cell, at) for cell, at in zip(row[1:], widths, strict=True))
        return indent + columns.left(row[0], name_width + 1 - len(indent)) + figures

    return Table(style.quiet(line(heading, "")), [line(row, " ") for row in cells], noun)


def _holder(suspect: Suspect, width: int) -> str:
    holder = columns.visible(suspect.holder)
    held = columns.visible(suspect.object_type).rpartition(".")[2]
    text = f"{holder}: {units.count(suspect.object_count)} × {held}" if held else holder
    return text if columns.width(text) <= width else columns.fit(holder, width)
