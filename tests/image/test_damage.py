from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pytest
from damaging import patch, place, refused, section
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leakguard.errors import ImageError
from leakguard.image import HeapImage
from leakguard.image.format import HEADER, SAMPLE_SECTIONS, SECTION, SECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    Entry = Callable[[bytes, str], int]
    Walk = Callable[[HeapImage], int]

NAMES = [*SECTIONS, *SAMPLE_SECTIONS]
FRONT = HEADER.size + len(NAMES) * SECTION.size
HOSTILE = [0, 1, 2, 63, 64, 65, 2**31, 2**32 - 1, 2**32, 2**60, 2**63 - 1, 2**63, 2**64 - 64]
HOSTILE += [2**64 - 1, 2**61, 2**62]


def refused_or_walkable(data: bytes, walk: Walk) -> bool:
    try:
        with HeapImage(data) as image:
            walk(image)
    except ImageError:
        return False
    return True


def test_every_truncation(data: bytes) -> None:
    for length in range(len(data)):
        with pytest.raises(ImageError):
            HeapImage(data[:length])


def test_every_truncation_that_admits_its_length(data: bytes, walk: Walk) -> None:
    for length in range(HEADER.size, len(data)):
        refused_or_walkable(place(data[:length], 16, struct.pack("<Q", length)), walk)


def test_every_bit_of_the_header_and_the_section_table(data: bytes, walk: Walk) -> None:
    walkable = 0
    for bit in range(FRONT * 8):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        walkable += refused_or_walkable(bytes(damaged), walk)
    # the minor version's bits, and shifts of a section that happen to fit
    assert 16 <= walkable < FRONT


def test_every_bit_of_the_body(data: bytes, walk: Walk) -> None:
    walkable = 0
    for bit in range(FRONT * 8, len(data) * 8):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        walkable += refused_or_walkable(bytes(damaged), walk)
    assert 0 < walkable < (len(data) - FRONT) * 8


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=500)
@given(st.data())
def test_several_random_bytes(data: bytes, walk: Walk, draw: Any) -> None:
    damaged = bytearray(data)
    for position, value in draw.draw(
        st.lists(st.tuples(st.integers(0, len(data) - 1), st.integers(0, 255)), max_size=20)
    ):
        damaged[position] = value
    refused_or_walkable(bytes(damaged), walk)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.booleans())
def test_noise(data: bytes, walk: Walk, noise: bytes, signed: bool) -> None:
    noisy = data[: HEADER.size] + noise if signed else noise
    if signed:
        noisy = place(noisy, 16, struct.pack("<Q", len(noisy)))
    assert not refused_or_walkable(noisy, walk)


@pytest.mark.parametrize("name", NAMES)
def test_hostile_table_entries(data: bytes, walk: Walk, entry: Entry, name: str) -> None:
    position = entry(data, name)
    for field, code in ((8, "<I"), (12, "<I"), (16, "<Q"), (24, "<Q")):
        for value in HOSTILE:
            if value < 2 ** (8 * struct.calcsize(code)):
                refused_or_walkable(place(data, position + field, struct.pack(code, value)), walk)
    for offset in HOSTILE:
        for count in HOSTILE:
            both = struct.pack("<QQ", offset, count)
            refused_or_walkable(place(data, position + 16, both), walk)


@pytest.mark.parametrize("name", NAMES)
def test_hostile_elements(data: bytes, walk: Walk, entry: Entry, name: str) -> None:
    _, size, count = section(data, entry, name)
    for index in range(count):
        for value in HOSTILE:
            if value < 2 ** (8 * size):
                refused_or_walkable(patch(data, entry, name, index, value), walk)


@pytest.mark.parametrize("name", NAMES)
def test_missing_sections(data: bytes, entry: Entry, name: str) -> None:
    assert f"{name!r} of the heap image is missing" in refused(
        place(data, entry(data, name), b"unknown\0")
    )


@pytest.mark.parametrize("name", NAMES)
def test_duplicate_sections(data: bytes, entry: Entry, name: str) -> None:
    other = "stats" if name != "stats" else "meta"
    message = refused(place(data, entry(data, other), name.encode().ljust(8, b"\0")))
    assert repr(name) in message or repr(other) in message


@pytest.mark.parametrize("count", [0, 1, 26, 28, 39, 41, 1000, 1025, 2**31, 2**32 - 1])
def test_hostile_section_counts(data: bytes, count: int) -> None:
    refused(place(data, 24, struct.pack("<I", count)))


def test_unknown_sections_and_later_minors_are_welcome(data: bytes, walk: Walk) -> None:
    table = bytearray(data[HEADER.size : FRONT])
    for position in range(0, len(table), SECTION.size):
        name, size, zero, offset, count = SECTION.unpack_from(table, position)
        SECTION.pack_into(table, position, name, size, zero, offset + 64, count)
    table += SECTION.pack(b"future", 3, 0, len(data) + 64, 5) + bytes(64 - SECTION.size)
    grown = bytearray(data[: HEADER.size] + table + data[FRONT:] + bytes(15))
    struct.pack_into("<H", grown, 10, 7)
    struct.pack_into("<QI", grown, 16, len(grown), len(NAMES) + 1)
    with HeapImage(bytes(grown)) as image:
        assert walk(image) > 0
