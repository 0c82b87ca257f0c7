"""The frame of a heap image, written: from one array per section to the bytes of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.image.format import (
    ALIGNMENT,
    BYTE_ORDER_MARK,
    HEADER,
    MAGIC,
    MAJOR,
    MINOR,
    SECTION,
    SECTIONS,
)
from leakguard.image.sections import require_little_endian

if TYPE_CHECKING:
    from array import array
    from collections.abc import Mapping


def pack(columns: Mapping[str, array[int]]) -> bytes:
    """Lay out the sections one after another. `columns` has all of them, in their element codes."""
    require_little_endian()
    offset = _aligned(HEADER.size + len(SECTIONS) * SECTION.size)
    table, body = bytearray(), bytearray()
    for name in SECTIONS:
        column = columns[name]
        start = offset + len(body)
        table += SECTION.pack(name.encode(), column.itemsize, 0, start, len(column))
        body += column.tobytes()
        body += bytes(_aligned(len(body)) - len(body))
    header = HEADER.pack(MAGIC, MAJOR, MINOR, BYTE_ORDER_MARK, offset + len(body), len(SECTIONS), 0)
    front = header + table
    return front + bytes(offset - len(front)) + bytes(body)


def _aligned(position: int) -> int:
    return -(-position // ALIGNMENT) * ALIGNMENT
