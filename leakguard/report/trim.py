"""What giving free memory back to the system was worth: text, JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leakguard.report import columns, schemas, units

if TYPE_CHECKING:
    from leakguard.process import Trimmed

SCHEMA = "leakguard-trim/1"
_TERMS = {
    "rss": "resident",
    "python_objects": "Python objects",
    "python_slack": "allocator slack",
    "c_heap_in_use": "C heap in use",
    "c_heap_free": "C heap kept free",
    "mappings": "files and shared",
    "rest": "rest",
}
_LABEL = 18


def render(trimmed: Trimmed) -> str:
    """A sentence and the terms before and after, ending with a newline."""
    lines = [_sentence(trimmed), "", f"{'':{_LABEL}}{'before':>10}{'after':>10}"]
    before, after = trimmed.before.to_dict(), trimmed.after.to_dict()
    for name, words in _TERMS.items():
        cells = (_size(before.get(name)), _size(after.get(name)))
        lines.append(f"{words:{_LABEL}}" + "".join(columns.right(cell, 10) for cell in cells))
    return "\n".join(lines) + "\n"


def to_dict(trimmed: Trimmed) -> dict[str, Any]:
    """The answer as plain values that ``schema()`` accepts."""
    return {"schema": SCHEMA, **trimmed.to_dict()}


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what ``to_dict`` returns."""
    return schemas.load("leakguard-trim-1")


def _sentence(trimmed: Trimmed) -> str:
    if trimmed.problem is not None:
        return f"Nothing was trimmed: {trimmed.problem}."
    took = units.duration(trimmed.seconds)
    if trimmed.released is None:
        return f"Trimmed in {took}; the system does not tell what that gave back."
    if trimmed.released < 1 << 20:
        return (
            f"Trimming gave back {units.size(trimmed.released)}, in {took}: free memory that the "
            "C library keeps is\nnot what this process is large by."
        )
    return (
        f"Trimming gave back {units.size(trimmed.released)}, in {took}. If that comes again and "
        "again, limit the\narenas (MALLOC_ARENA_MAX=2), or try another allocator (jemalloc)."
    )


def _size(value: int | None) -> str:
    return "?" if value is None else units.size(value)
