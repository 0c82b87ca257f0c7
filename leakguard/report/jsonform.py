"""The report as JSON: schema ``leakguard/1``, described in ``leakguard-1.schema.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leakguard.report import routes, schemas

if TYPE_CHECKING:
    from leakguard.report.model import Report, TermFigures


def to_dict(report: Report) -> dict[str, Any]:
    """The report as plain dicts, lists, strings and numbers that ``schema()`` accepts."""
    document = report.findings.to_dict()
    document["snapshot"] = {**document["snapshot"], "age_seconds": report.age_seconds}
    if report.terms is not None:
        document["process"] = {**document["process"], "terms": dict(report.terms)}
    if report.trends:
        trends = {move.name: _trend(move) for move in report.trends}
        document["process"] = {**document["process"], "trends": trends}
    document["routes"] = [
        routes.to_dict(row) for row in routes.rows(report.routes, report.findings)
    ]
    document["notes"] = list(report.findings.notes)
    return document


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what ``to_dict`` returns."""
    return schemas.load("leakguard-1")


def _trend(move: TermFigures) -> dict[str, Any]:
    return {
        "change_bytes": round(move.change_bytes),
        "minutes": round(move.minutes, 2),
        "bytes_per_minute": round(move.bytes_per_minute, 1),
        "low": round(move.low, 1),
        "high": round(move.high, 1),
        "confidence": round(move.confidence, 3),
        "growing": move.growing,
    }
