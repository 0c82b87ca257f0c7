"""What grew between two kept snapshots: text, JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leakguard.report import columns, schemas, units
from leakguard.report.baseline import mark_to_dict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.growth_diff import Difference, Mark
    from leakguard.analysis.growth_found import GrownPath

SCHEMA = "leakguard-diff/1"
_WIDTH = 80
_ROWS = 15


def render(difference: Difference) -> str:
    """A screen of at most 45 lines, ending with a newline."""
    lines = [
        *columns.wrap(_sentence(difference), _WIDTH),
        "",
        _mark("from", difference.before),
        _mark("to", difference.after),
    ]
    holders = [
        (_bytes(grown.growth_bytes), _count(grown.growth_objects), _held(grown))
        for grown in difference.holders
    ]
    lines += _table(("grew", "objects", "held by"), holders)
    types = [
        (_bytes(row.bytes), _count(row.objects), columns.visible(row.type))
        for row in difference.types
    ]
    lines += _table(("grew", "objects", "type, with the small values of its own"), types)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def to_dict(difference: Difference) -> dict[str, Any]:
    """The answer as plain values that ``schema()`` accepts."""
    return {
        "schema": SCHEMA,
        "from": mark_to_dict(difference.before),
        "to": mark_to_dict(difference.after),
        "seconds": difference.seconds,
        "requests": difference.requests,
        "growth_bytes": difference.growth_bytes,
        "holders": [
            {
                "holder": grown.holder,
                "objects": {"type": grown.object_type, "count": grown.object_count},
                "growth_objects": grown.growth_objects,
                "growth_bytes": grown.growth_bytes,
                "bytes_per_request": grown.bytes_per_request,
            }
            for grown in difference.holders
        ],
        "types": [
            {"type": row.type, "growth_objects": row.objects, "growth_bytes": row.bytes}
            for row in difference.types
        ],
    }


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what ``to_dict`` returns."""
    return schemas.load("leakguard-diff-1")


def _sentence(difference: Difference) -> str:
    grown = difference.growth_bytes
    moved = f"grew by {units.size(grown)}" if grown >= 0 else f"shrank by {units.size(-grown)}"
    passed = units.duration(difference.seconds)
    if difference.requests is not None:
        passed += f" and {units.requests(difference.requests)}"
    what = (
        "what gained most, without a judgement:" if difference.holders else "no holder gained much."
    )
    return f"The heap {moved} in {passed}; {what}"


def _mark(label: str, mark: Mark) -> str:
    after = "" if mark.requests is None else f", after {units.requests(mark.requests)}"
    return (
        f"{label:<6}snapshot {mark.id}{after}: {units.size(mark.heap_bytes)}, "
        f"{units.count(mark.objects)} objects"
    )


def _held(grown: GrownPath) -> str:
    holder = columns.visible(grown.holder)
    objects = f": {units.count(grown.object_count)} × {columns.visible(grown.object_type)}"
    return holder + objects if grown.object_count > 1 else holder


def _table(heading: tuple[str, str, str], rows: Sequence[tuple[str, str, str]]) -> list[str]:
    if not rows:
        return []
    shown = [_row(heading), *(_row(row) for row in rows[:_ROWS])]
    if len(rows) > _ROWS:
        shown.append(f"  … and {units.count(len(rows) - _ROWS)} more")
    return ["", *shown]


def _row(cells: tuple[str, str, str]) -> str:
    gained, objects, name = cells
    return columns.right(gained, 11) + columns.right(objects, 11) + "  " + columns.fit(name, 56)


def _bytes(gained: int) -> str:
    return f"+{units.size(gained)}"


def _count(gained: int) -> str:
    return f"{gained:+,}" if gained else "0"
