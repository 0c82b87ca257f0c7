"""The report as JSON: schema ``leakguard/1``, described in ``leakguard-1.schema.json``."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leakguard.report.model import Report, RouteFigures


def to_dict(report: Report) -> dict[str, Any]:
    """The report as plain dicts, lists, strings and numbers that ``schema()`` accepts."""
    document = report.findings.to_dict()
    document["snapshot"] = {**document["snapshot"], "age_seconds": report.age_seconds}
    document["routes"] = [_route(row) for row in report.routes]
    document["notes"] = list(report.findings.notes)
    return document


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what ``to_dict`` returns."""
    text = files("leakguard.report").joinpath("leakguard-1.schema.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def _route(row: RouteFigures) -> dict[str, Any]:
    return {
        "route": row.route,
        "requests": row.requests,
        "errors": row.errors,
        "in_flight": row.in_flight,
        "mean_seconds": row.mean_seconds,
    }
