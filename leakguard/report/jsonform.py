"""The report as JSON: schema ``leakguard/1``, described in ``leakguard-1.schema.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leakguard.report import routes, schemas
from leakguard.report.memory import TERM_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leakguard.report.model import Report, TermFigures


# What a program may ask for whatever was found: unknown is null, and nothing is a list of nothing.
_OF_ANY_SUSPECT = {"growth_bytes": None, "bytes_per_request": None, "confidence": None}
_OF_ANY_ROUTE = {
    "live_bytes": None,
    "bytes_per_request": None,
    "growth_bytes_per_minute": None,
    "confidence": None,
}


def to_dict(report: Report) -> dict[str, Any]:
    """The report as plain dicts, lists, strings and numbers that ``schema()`` accepts."""
    document = report.findings.to_dict()
    document["snapshot"] = {**document["snapshot"], "age_seconds": report.age_seconds}
    document["process"] = {
        **document["process"],
        "terms": dict.fromkeys(("rss", *TERM_WORDS)) | dict(report.terms or {}),
    }
    if report.trends:
        document["process"]["trends"] = {move.name: _trend(move) for move in report.trends}
    document["suspects"] = [
        one | _missing(one, _OF_ANY_SUSPECT | {"routes": [], "lines": []})
        for one in document["suspects"]
    ]
    told = map(routes.to_dict, routes.rows(report.routes, report.findings))
    document["routes"] = [row | _missing(row, _OF_ANY_ROUTE | {"lines": []}) for row in told]
    document["notes"] = list(report.findings.notes)
    return document


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what ``to_dict`` returns."""
    return schemas.load("leakguard-1")


def _missing(told: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wanted.items() if name not in told}


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
