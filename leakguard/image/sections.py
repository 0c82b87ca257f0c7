"""The frame of a heap image: from a buffer to one read-only view per section."""

from __future__ import annotations

import struct
import sys
from itertools import pairwise
from typing import Final, Literal, NoReturn

from leakguard.errors import ImageError
from leakguard.image.format import (
    ALIGNMENT,
    BYTE_ORDER_MARK,
    HEADER,
    MAGIC,
    MAJOR,
    MAX_SECTIONS,
    SAMPLE_SECTIONS,
    SECTION,
    SECTIONS,
)

_CODES: Final[dict[str, Literal["B", "H", "I", "Q", "q"]]] = {**SECTIONS, **SAMPLE_SECTIONS}


def damaged(section: str, problem: str) -> NoReturn:
    """Raise ImageError for a section whose content cannot be right."""
    raise ImageError(
        f"section {section!r} of the heap image {problem}: the file is damaged or was not written "
        "by LeakGuard; capture a new image"
    )


def require_little_endian() -> None:
    """Raise ImageError on a big-endian machine, whose arrays would be read the wrong way round."""
    if sys.byteorder != "little":
        raise ImageError("heap images are little-endian: read this one on a little-endian machine")


def split_sections(buffer: memoryview) -> dict[str, memoryview]:
    """The known sections of an image, each as a read-only view of its elements.

    Nothing is copied and nothing is allocated after a count that the file claims. Raises ImageError
    where the header or the section table is wrong, or a section is missing or occurs twice.
    """
    require_little_endian()
    count = _section_count(buffer)
    views: dict[str, memoryview] = {}
    ranges: list[tuple[int, int]] = []
    for index in range(count):
        position = HEADER.size + index * SECTION.size
        raw_name, element_size, zero, offset, elements = SECTION.unpack_from(buffer, position)
        name = _section_name(raw_name, index)
        end = offset + element_size * elements
        if zero != 0 or element_size == 0:
            damaged(name, "has a malformed entry in the section table")
        if offset % ALIGNMENT or offset < HEADER.size + count * SECTION.size:
            damaged(name, f"starts at {offset}, which is no place for a section")
        if end > len(buffer):
            damaged(name, f"ends at {end}, after the end of the file at {len(buffer)}")
        ranges.append((offset, end))
        code = _CODES.get(name)
        if code is None:
            continue
        if name in views:
            damaged(name, "occurs twice")
        if element_size != struct.calcsize(code):
            damaged(name, f"has elements of {element_size} bytes")
        views[name] = buffer[offset:end].cast(code)
    _check_disjoint(ranges)
    sampled = any(name in views for name in SAMPLE_SECTIONS)
    for name in _CODES if sampled else SECTIONS:
        if name not in views:
            damaged(name, "is missing")
    return views


def _section_count(buffer: memoryview) -> int:
    if len(buffer) < HEADER.size or bytes(buffer[: len(MAGIC)]) != MAGIC:
        raise ImageError("this is not a heap image: it does not start with the .lgheap signature")
    _, major, _, order, length, count, zero = HEADER.unpack_from(buffer)
    if order != BYTE_ORDER_MARK:
        raise ImageError("the heap image has another byte order: its header is damaged")
    if major != MAJOR:
        raise ImageError(
            f"the heap image has format version {major}, this LeakGuard reads version {MAJOR}: "
            "open it with the LeakGuard release that wrote it"
        )
    if length != len(buffer):
        raise ImageError(
            f"the heap image should be {length} bytes long and is {len(buffer)}: it was cut off or "
            "is still being written; copy it again"
        )
    if zero != 0 or any(buffer[32 : HEADER.size]):
        raise ImageError("the header of the heap image has bytes set that version 1 keeps zero")
    if count > MAX_SECTIONS or HEADER.size + count * SECTION.size > len(buffer):
        raise ImageError(f"the heap image claims {count} sections, more than it can hold")
    return int(count)


def _section_name(raw: bytes, index: int) -> str:
    name = raw.rstrip(b"\0")
    if not name or not name.isascii() or not name.decode("ascii").isprintable():
        raise ImageError(f"entry {index} of the heap image's section table has no readable name")
    return name.decode("ascii")


def _check_disjoint(ranges: list[tuple[int, int]]) -> None:
    ranges.sort()
    for (_, end), (start, _) in pairwise(ranges):
        if start < end:
            raise ImageError(
                f"two sections of the heap image overlap at byte {start}: the file is damaged"
            )
