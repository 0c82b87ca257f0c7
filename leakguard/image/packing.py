"""The frame of a heap image, written: from one array per section to the bytes of the file."""

from __future__ import annotations

from array import array
from itertools import accumulate
from typing import TYPE_CHECKING

from leakguard.image.format import (
    ALIGNMENT,
    BYTE_ORDER_MARK,
    HEADER,
    MAGIC,
    MAJOR,
    MINOR,
    SAMPLE_SECTIONS,
    SECTION,
    SECTIONS,
)
from leakguard.image.sections import require_little_endian

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def pack(columns: Mapping[str, array[int]]) -> bytes:
    """Lay out the sections one after another, in their element codes.

    `columns` has all of `SECTIONS`, and all or none of `SAMPLE_SECTIONS`.
    """
    require_little_endian()
    names = [*SECTIONS, *(SAMPLE_SECTIONS if "smplnode" in columns else ())]
    offset = _aligned(HEADER.size + len(names) * SECTION.size)
    table, body = bytearray(), bytearray()
    for name in names:
        column = columns[name]
        start = offset + len(body)
        table += SECTION.pack(name.encode(), column.itemsize, 0, start, len(column))
        body += column.tobytes()
        body += bytes(_aligned(len(body)) - len(body))
    header = HEADER.pack(MAGIC, MAJOR, MINOR, BYTE_ORDER_MARK, offset + len(body), len(names), 0)
    front = header + table
    return front + bytes(offset - len(front)) + bytes(body)


def sort_edges(
    nodes: int, sources: Sequence[int], targets: Sequence[int], labels: Sequence[int]
) -> dict[str, array[int]]:
    """The sections of edges given in any order; those of one source stay in theirs."""
    starts = array("I", [0]) * (nodes + 1)
    for source in sources:
        starts[source + 1] += 1
    starts = array("I", accumulate(starts))
    sorted_targets, sorted_labels = array("I", targets), array("I", labels)
    place = array("I", starts)
    for source, target, label in zip(sources, targets, labels, strict=True):
        sorted_targets[place[source]] = target
        sorted_labels[place[source]] = label
        place[source] += 1
    return {"edgeoff": starts, "edgetgt": sorted_targets, "edgelab": sorted_labels}


def _aligned(position: int) -> int:
    return -(-position // ALIGNMENT) * ALIGNMENT
