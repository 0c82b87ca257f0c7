"""The report as JSON: schema ``leakguard/1``, described in ``leakguard-1.schema.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leakguard.report import schemas

if TYPE_CHECKING:
    from leakguard.report.model import MemoryFigures, Report, RouteFigures


def to_dict(report: Report) -> dict[str, Any]:
    """The report as plain dicts, lists, strings and numbers that ``schema()`` accepts."""
    document = report.findings.to_dict()
    document["snapshot"] = {**document["snapshot"], "age_seconds": report.age_seconds}
    if report.terms is not None:
        document["process"] = {**document["process"], "terms": dict(report.terms)}
    document["routes"] = [_route(row) for row in report.routes]
    document["notes"] = list(report.findings.notes)
    return document


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what ``to_dict`` returns."""
    return schemas.load("leakguard-1")


def _route(row: RouteFigures) -> dict[str, Any]:
    return {
        "route": row.route,
        "requests": row.requests,
        "errors": row.errors,
        "in_flight": row.in_flight,
        "mean_seconds": row.mean_seconds,
        **(_memory(row.memory) if row.memory is not None else {}),
    }


def _memory(memory: MemoryFigures) -> dict[str, Any]:
    growth = memory.growth
    return {
        "live_bytes": round(memory.live_bytes),
        "weak_bytes": round(memory.weak_bytes),
        "bytes_per_request": round(memory.bytes_per_request, 1),
        "growth_bytes_per_minute": None if growth is None else round(growth.bytes_per_minute, 1),
        "confidence": None if growth is None else round(growth.confidence, 3),
        "lines": [
            {
                "file": line.file,
                "line": line.line,
                "function": line.function,
                "live_bytes": round(line.strong_bytes + line.weak_bytes),
            }
            for line in memory.lines
        ],
    }
