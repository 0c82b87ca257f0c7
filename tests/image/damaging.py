"""Images with one thing changed, and what a reader says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from leakguard.errors import ImageError
from leakguard.image import HeapImage
from leakguard.image.format import SECTION

if TYPE_CHECKING:
    from collections.abc import Callable

    Entry = Callable[[bytes, str], int]


def refused(data: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        HeapImage(data)
    return str(caught.value)


def place(data: bytes, position: int, new: bytes) -> bytes:
    return data[:position] + new + data[position + len(new) :]


def section(data: bytes, entry: Entry, name: str) -> tuple[int, int, int]:
    """Offset, element size and element count."""
    _, size, _, offset, count = SECTION.unpack_from(data, entry(data, name))
    return offset, size, count


def patch(data: bytes, entry: Entry, name: str, index: int, value: int) -> bytes:
    offset, size, count = section(data, entry, name)
    index %= count
    new = value.to_bytes(size, "little")
    return place(data, offset + index * size, new)
