"""The histogram of types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis import _graph
from leakguard.analysis.findings import TypeRow

if TYPE_CHECKING:
    from leakguard.analysis.heap import Heap

MOST_ROWS = 20


def type_rows(heap: Heap) -> tuple[TypeRow, ...]:
    """The types that take most memory, largest shallow size first."""
    return all_type_rows(heap)[:MOST_ROWS]


def all_type_rows(heap: Heap) -> tuple[TypeRow, ...]:
    """Every type that there are objects of, largest shallow size first.

    Leaves that were folded into their owners are counted here under their own type.
    """
    image = heap.image
    count, shallow, retained = _graph.histogram(
        heap.tree, image.node_type, image.node_size, image.type_count
    )
    by_name: dict[str, list[int]] = {}
    for index in range(image.type_count):
        folded_count = image.type_folded_count[index]
        if not count[index] and not folded_count:
            continue
        folded_bytes = image.type_folded_bytes[index]
        row = by_name.setdefault(image.type_name(index), [0, 0, 0])
        row[0] += count[index] + folded_count
        row[1] += shallow[index] + folded_bytes
        row[2] += retained[index] + folded_bytes
    rows = [TypeRow(name, *figures) for name, figures in by_name.items()]
    rows.sort(key=lambda row: (-row.shallow_bytes, row.type))
    return tuple(rows)
