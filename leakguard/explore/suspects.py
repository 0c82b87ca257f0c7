"""The suspects of an image, in the form of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leakguard.explore.opened import Opened


def suspects(opened: Opened, longest: int) -> dict[str, Any]:
    """The findings, each text cut to what an answer has room for, with the suspects' `node`s."""
    findings, holders = opened.found
    told: dict[str, Any] = _cut(dict(findings), longest)
    told["suspects"] = [
        {**suspect, "node": node if node >= 0 else None}
        for suspect, node in zip(told["suspects"], holders, strict=False)
    ]
    return told


def _cut(value: Any, longest: int) -> Any:
    if isinstance(value, str):
        # sentences hold names in their middle
        most = 4 * longest
        half = most // 2 - 1
        return value if len(value) <= most else f"{value[:half]}…{value[-half:]}"
    if isinstance(value, dict):
        return {key: _cut(one, longest) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_cut(one, longest) for one in value]
    return value
