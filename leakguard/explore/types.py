"""The histogram of types, searched and sorted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leakguard.explore.wording import Wording

if TYPE_CHECKING:
    from leakguard.analysis.findings import TypeRow
    from leakguard.explore.opened import Opened

_FIELDS = {"retained": "retained_bytes", "shallow": "shallow_bytes", "count": "count"}


def types(
    opened: Opened,
    longest: int,
    *,
    search: str = "",
    sort: str = "retained",
    offset: int = 0,
    limit: int = 50,
) -> dict[str, Any]:
    """The types whose name has `search` in it, in whatever case; the largest by `sort` first."""
    wanted = search.casefold()
    found = [row for row in opened.types if wanted in row.type.casefold()]
    field = _FIELDS[sort]
    found.sort(key=lambda row: (-getattr(row, field), row.type))
    wording = Wording(opened.heap, longest)
    rows = [_row(row, wording) for row in found[offset : offset + limit]]
    return {"total": len(found), "rows": rows}


def _row(row: TypeRow, wording: Wording) -> dict[str, Any]:
    return {
        "type": wording.cut(row.type),
        "count": row.count,
        "shallow": row.shallow_bytes,
        "retained": row.retained_bytes,
    }
