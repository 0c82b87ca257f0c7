"""The answer to a new baseline: text, JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from leakguard.report import schemas, units

if TYPE_CHECKING:
    from leakguard.analysis.growth_diff import Mark

SCHEMA = "leakguard-baseline/1"


def render(mark: Mark) -> str:
    """Two sentences, ending with a newline."""
    after = "" if mark.requests is None else f" after {units.requests(mark.requests)}"
    return (
        f"Snapshot {mark.id} is the new baseline{after}: {units.count(mark.objects)} objects, "
        f"{units.size(mark.heap_bytes)}.\nWhat grows is told from here on; earlier snapshots are "
        "forgotten.\n"
    )


def to_dict(mark: Mark) -> dict[str, Any]:
    """The answer as plain values that ``schema()`` accepts."""
    return {"schema": SCHEMA, "baseline": mark_to_dict(mark)}


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what ``to_dict`` returns."""
    return schemas.load("leakguard-baseline-1")


def mark_to_dict(mark: Mark) -> dict[str, Any]:
    """One snapshot's figures as plain values."""
    return {
        "id": mark.id,
        "taken": datetime.fromtimestamp(mark.created, UTC).isoformat(timespec="seconds"),
        "requests": mark.requests,
        "objects": mark.objects,
        "heap_bytes": mark.heap_bytes,
    }
