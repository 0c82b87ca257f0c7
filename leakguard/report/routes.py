"""One row a route: the ledger's figures of now, with what the heap's image told about its memory.

The image knows what suspects hold of a route to the byte, the ledger estimates all from samples:
where both tell, the image is right.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leakguard.analysis.findings import Findings
    from leakguard.analysis.route_findings import RouteMemory
    from leakguard.report.model import MemoryFigures, RouteFigures


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line that allocated memory which is still alive, `share` (0 to 1) of the route's; None
    where no image told."""

    file: str
    line: int
    function: str
    live_bytes: int
    share: float | None = None


@dataclass(frozen=True, slots=True)
class MemoryRow:
    """Bytes of a route that are alive.

    `strong_bytes`, `margin_bytes` and `suspects` (ranks) are None where no image told. Growth is
    None before there is enough history, `confidence` is that it grows at all; its pace is between
    `growth_low` and `growth_high` 95 times of 100. `minute_bytes`, `ten_minutes_bytes` and
    `many_requests_bytes` have survived a minute, ten minutes and a thousand requests, by the
    samples; None where only an image told.
    """

    live_bytes: int
    weak_bytes: int
    bytes_per_request: float
    growth_bytes_per_minute: float | None
    confidence: float | None
    lines: tuple[LineRow, ...]
    strong_bytes: int | None = None
    margin_bytes: int | None = None
    suspects: tuple[int, ...] | None = None
    growth_low: float | None = None
    growth_high: float | None = None
    minute_bytes: int | None = None
    ten_minutes_bytes: int | None = None
    many_requests_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A route; `memory` is None while allocations are not sampled."""

    route: str
    requests: int
    errors: int
    in_flight: int
    mean_seconds: float
    memory: MemoryRow | None


def rows(routes: Sequence[RouteFigures], findings: Findings) -> list[Row]:
    """The ledger's rows, then what the image alone knows of, such as the tracks of an idle app."""
    told = {memory.route: memory for memory in findings.routes}
    found = [_row(figures, told.pop(figures.route, None), findings) for figures in routes]
    return found + [
        Row(memory.route, memory.requests, 0, 0, 0.0, _joined(memory, None, findings))
        for memory in told.values()
        if memory.live_bytes or memory.weak_bytes
    ]


def now(routes: Sequence[RouteFigures]) -> list[Row]:
    """The ledger's rows alone, before there is an image."""
    return [_figures(figures, _sampled_or_none(figures)) for figures in routes]


def to_dict(row: Row) -> dict[str, Any]:
    """A row as JSON-able values."""
    told = dataclasses.asdict(row)
    memory = told.pop("memory")
    if row.memory is None:
        return told
    # What no image told is left out; what there is no history for yet is null.
    untold = _OF_AN_IMAGE if row.memory.strong_bytes is None else ()
    memory["suspects"] = list(row.memory.suspects or ())
    memory["lines"] = [_line(line) for line in row.memory.lines]
    return {**told, **{name: value for name, value in memory.items() if name not in untold}}


def from_dict(told: Mapping[str, Any]) -> Row:
    """What `to_dict` wrote."""
    figures = {name: told[name] for name in _COUNTED}
    if "live_bytes" not in told:
        return Row(**figures, memory=None)
    lines = tuple(
        LineRow(one["file"], one["line"], one["function"], one["live_bytes"], one.get("share"))
        for one in told["lines"]
    )
    names = {field.name for field in dataclasses.fields(MemoryRow)} - {"lines"}
    known = {name: told[name] for name in names if name in told}
    known["suspects"] = tuple(known["suspects"]) if "suspects" in known else None
    return Row(**figures, memory=MemoryRow(**known, lines=lines))


def _row(figures: RouteFigures, told: RouteMemory | None, findings: Findings) -> Row:
    if told is None:
        return _figures(figures, _sampled_or_none(figures))
    return _figures(figures, _joined(told, figures.memory, findings))


def _figures(figures: RouteFigures, memory: MemoryRow | None) -> Row:
    return Row(
        route=figures.route,
        requests=figures.requests,
        errors=figures.errors,
        in_flight=figures.in_flight,
        mean_seconds=figures.mean_seconds,
        memory=memory,
    )


def _sampled_or_none(figures: RouteFigures) -> MemoryRow | None:
    return None if figures.memory is None else _sampled(figures.memory)


def _sampled(memory: MemoryFigures) -> MemoryRow:
    growth = memory.growth
    return MemoryRow(
        live_bytes=round(memory.live_bytes),
        weak_bytes=round(memory.weak_bytes),
        bytes_per_request=round(memory.bytes_per_request, 1),
        growth_bytes_per_minute=None if growth is None else round(growth.bytes_per_minute, 1),
        confidence=None if growth is None else round(growth.confidence, 3),
        lines=tuple(
            LineRow(line.file, line.line, line.function, round(line.strong_bytes + line.weak_bytes))
            for line in memory.lines
        ),
        growth_low=None if growth is None else round(growth.low, 1),
        growth_high=None if growth is None else round(growth.high, 1),
        minute_bytes=round(memory.minute_bytes),
        ten_minutes_bytes=round(memory.ten_minutes_bytes),
        many_requests_bytes=round(memory.many_requests_bytes),
    )


def _joined(told: RouteMemory, sampled: MemoryFigures | None, findings: Findings) -> MemoryRow:
    size = told.live_bytes + told.weak_bytes
    estimate = None if sampled is None else _as_parts(_sampled(sampled), size)
    per_minute, confidence = _growth(told, findings)
    if per_minute is None and estimate is not None and told.live_bytes:
        per_minute, confidence = estimate.growth_bytes_per_minute, estimate.confidence
    lines = tuple(
        LineRow(line.file, line.line, line.function, line.bytes, line.share) for line in told.lines
    )
    if not lines and estimate is not None and size:
        lines = estimate.lines
    low = high = None
    if told.growth_bytes is None and per_minute == 0:
        low = high = 0.0
    elif per_minute is not None and estimate is not None and estimate.growth_low is not None:
        # The image knows better than the samples what grows, the samples how steadily it does.
        low = min(per_minute, estimate.growth_low)
        high = max(per_minute, estimate.growth_high or per_minute)
    return MemoryRow(
        live_bytes=told.live_bytes,
        weak_bytes=told.weak_bytes,
        bytes_per_request=told.bytes_per_request,
        growth_bytes_per_minute=per_minute,
        confidence=confidence,
        lines=lines,
        strong_bytes=told.strong_bytes,
        margin_bytes=told.margin_bytes,
        suspects=told.suspects,
        growth_low=low,
        growth_high=high,
        minute_bytes=None if estimate is None else estimate.minute_bytes,
        ten_minutes_bytes=None if estimate is None else estimate.ten_minutes_bytes,
        many_requests_bytes=None if estimate is None else estimate.many_requests_bytes,
    )


def _as_parts(estimate: MemoryRow, size: int) -> MemoryRow:
    """What the samples tell of a route, as parts of the `size` that an image found alive."""
    part = size / estimate.live_bytes if estimate.live_bytes else 0.0
    parts: dict[str, float] = dict.fromkeys(_OLD, part)
    parts |= {name: min(part, 1.0) for name in _PACE}
    values = {name: getattr(estimate, name) for name in parts}
    known = {name: value for name, value in values.items() if value is not None}
    return dataclasses.replace(
        estimate,
        **{
            name: round(parts[name] * value, 1 if name in _PACE else None)
            for name, value in known.items()
        },
    )


def _growth(told: RouteMemory, findings: Findings) -> tuple[float | None, float | None]:
    """Bytes a minute that were gained by this route, and how sure that is."""
    growth = findings.growth
    if growth is None or growth.seconds <= 0 or not growth.ready:
        return None, None
    if told.growth_bytes is None:
        # Nothing of it is left: there is nothing that could grow.
        return (0.0, 0.0) if not told.live_bytes else (None, None)
    per_minute = round(60 * told.growth_bytes / growth.seconds, 1)
    return per_minute, None if told.confidence is None else round(told.confidence, 3)


_COUNTED = ("route", "requests", "errors", "in_flight", "mean_seconds")
_OLD = ("minute_bytes", "ten_minutes_bytes", "many_requests_bytes")
_PACE = ("growth_bytes_per_minute", "growth_low", "growth_high")
_OF_AN_IMAGE = ("strong_bytes", "margin_bytes", "suspects")


def _line(line: LineRow) -> dict[str, Any]:
    told: dict[str, Any] = {"file": line.file, "line": line.line, "function": line.function}
    told["live_bytes"] = line.live_bytes
    return told if line.share is None else {**told, "share": line.share, "bytes": line.live_bytes}
