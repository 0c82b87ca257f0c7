"""What is said of a damaged image: which section, and what is wrong with it."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import pytest
from damaging import patch, place, refused, section

from leakguard.image import HeapImage, Ident, ImageBuilder
from leakguard.image.format import SAMPLE_SECTIONS, SECTION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Entry = Callable[[bytes, str], int]
    Walk = Callable[[HeapImage], int]


@pytest.mark.parametrize(
    ("position", "new", "message"),
    [
        (0, b"\x89PNG\r\n\x1a\n", "not a heap image"),
        (8, b"\2\0", "format version 2"),
        (12, b"\1\2\3\4", "byte order"),
        (16, b"\0\0\0\0\0\0\0\1", "cut off"),
        (28, b"\1", "keeps zero"),
        (63, b"\1", "keeps zero"),
        (64, b"\xff", "no readable name"),
        (64, bytes(8), "no readable name"),
    ],
)
def test_what_is_wrong_with_the_header(
    data: bytes, position: int, new: bytes, message: str
) -> None:
    assert message in refused(place(data, position, new))


@pytest.mark.parametrize(
    ("name", "index", "value", "message"),
    [
        ("edgeoff", 0, 1, "does not run from 0"),
        ("edgeoff", -1, 3, "does not run from 0"),
        ("edgeoff", 3, 2**32 - 1, "does not ascend"),
        ("edgetgt", 2, 8, "has 8 at 2, where 7 is the largest"),
        ("edgelab", 1, 12 << 28, "meaningless label 0xc0000000 at 1"),
        ("edgelab", 1, 1 << 28 | 999, "meaningless label"),
        ("edgelab", 1, 3 << 28 | 6 << 24, "meaningless label"),
        ("nodetype", 0, 7, "where 5 is the largest"),
        ("foldtype", 0, 6, "where 5 is the largest"),
        ("nodesize", 0, 2**63, "2**63"),
        ("typefbyt", 0, 2**63, "2**63"),
        ("rootnode", 0, 8, "where 7 is the largest"),
        ("rootkind", 0, 0, "unknown kind 0"),
        ("rootkind", 1, 6, "where 5 is the largest"),
        ("namednod", 0, 8, "where 7 is the largest"),
        ("namedidt", 0, 4, "where 3 is the largest"),
        ("boundnod", 0, 9, "where 7 is the largest"),
        ("identnam", 0, 999, "is the largest"),
        ("identfil", 0, 999, "is the largest"),
        ("typename", 1, 999, "is the largest"),
        ("typekind", 1, 34, "where 33 is the largest"),
        ("typeidnt", 1, 5, "where 4 is the largest"),
        ("stroff", 1, 1, "empty string"),
        ("stroff", 3, 2**31, "does not ascend"),
        ("stroff", -1, 2**31, "does not run from 0"),
        ("strdata", 0, 0xFF, "is not UTF-8 at byte 0"),
        ("meta", 0, 0, "is not JSON"),
        ("smplnode", 1, 8, "has 8 at 1, with 8 nodes"),
        ("smplnode", 0, 2**32 - 2, "with 8 nodes"),
        ("smplrout", 1, 2, "where 1 is the largest"),
        ("smplstck", 2, 2, "where 1 is the largest"),
        ("smplkind", 0, 0, "unknown kind 0 at 0"),
        ("smplkind", 0, 3, "where 2 is the largest"),
        ("smplbyte", 0, 2**63, "2**63"),
        ("smplsize", 0, 2**63, "2**63"),
        ("routname", 1, 999, "is the largest"),
        ("stackoff", 0, 1, "does not run from 0"),
        ("stackoff", -1, 3, "does not run from 0"),
        ("stackoff", 1, 1, "empty stack"),
        ("frameidt", 1, 999, "is the largest"),
    ],
)
def test_the_message_names_section_and_problem(
    data: bytes, entry: Entry, name: str, index: int, value: int, message: str
) -> None:
    said = refused(patch(data, entry, name, index, value))
    assert repr(name) in said
    assert message in said


UNEQUAL = ["nodesize", "foldtype", "edgelab", "rootkind", "namedidt"]


@pytest.mark.parametrize("name", [*UNEQUAL, "routreqs", "framelin", "smplreqs"])
def test_unequal_lengths(data: bytes, entry: Entry, name: str) -> None:
    offset, size, count = section(data, entry, name)
    shorter = SECTION.pack(name.encode(), size, 0, offset, count - 1)
    assert "entries" in refused(place(data, entry(data, name), shorter))


@pytest.mark.parametrize("name", ["namednod", "boundnod"])
@pytest.mark.parametrize("index", [1, 1023, 1024, 1025, 2999])
def test_sparse_lists_ascend_strictly(tmp_path: Path, entry: Entry, name: str, index: int) -> None:
    builder = ImageBuilder()
    for _ in range(3000):
        builder.node(0, 16, ident=Ident("x"), bound=1)
    builder.write(tmp_path / "long.lgheap")
    data = (tmp_path / "long.lgheap").read_bytes()
    said = refused(patch(data, entry, name, index, index - 1))
    assert f"{name!r} of the heap image does not ascend at {index}" in said


@pytest.mark.parametrize(
    ("name", "count", "message"),
    [("routname", 0, "'routname' of the heap image lacks route 0"), ("stackoff", 1, "stack 0")],
)
def test_route_and_stack_0_are_always_there(
    data: bytes, entry: Entry, name: str, count: int, message: str
) -> None:
    for shorter in (name, "routreqs") if name == "routname" else (name,):
        offset, size, _ = section(data, entry, shorter)
        data = place(
            data, entry(data, shorter), SECTION.pack(shorter.encode(), size, 0, offset, count)
        )
    assert message in refused(data)


def test_some_of_the_sample_sections_are_not_enough(data: bytes, entry: Entry) -> None:
    for name in SAMPLE_SECTIONS:
        only = data
        for other in set(SAMPLE_SECTIONS) - {name}:
            only = place(only, entry(only, other), f"x{other[1:]}".encode())
        assert "is missing" in refused(only)


def test_a_file_of_version_1_0_has_no_samples(data: bytes, entry: Entry, walk: Walk) -> None:
    for name in SAMPLE_SECTIONS:
        data = place(data, entry(data, name), f"x{name[1:]}".encode())
    with HeapImage(place(data, 10, b"\0\0")) as image:
        assert image.samples is None
        assert walk(image) > 0


def test_a_split_character(data: bytes, entry: Entry) -> None:
    offset, _, count = section(data, entry, "stroff")
    ends = struct.unpack_from(f"<{count}I", data, offset)
    text, _, length = section(data, entry, "strdata")
    accent = data[text : text + length].index("\u00e1".encode())
    index = next(index for index, end in enumerate(ends) if end > accent)
    assert f"splits a character at {index}" in refused(
        patch(data, entry, "stroff", index, accent + 1)
    )


META: list[bytes] = [
    b"",
    b"[]",
    b"{",
    b"nonsense",
    b"\xff\xfe",
    b'{"format": "other/1"}',
    b"[" * 500_000,
    b'{"a":' * 100_000,
    b'{"format": "leakguard-heap/1", "pid": ' + b"9" * 10_000 + b"}",
    b'{"format": "leakguard-heap/1", "pid": ' + b"9" * 100 + b"}",
    b'{"format": "leakguard-heap/1", "pid": -1}',
    b'{"format": "leakguard-heap/1", "pid": true}',
    b'{"format": "leakguard-heap/1", "pid": "1"}',
    b'{"format": "leakguard-heap/1", "started": 1e999}',
    b'{"format": "leakguard-heap/1", "started": NaN}',
    b'{"format": "leakguard-heap/1", "app": "\\ud800"}',
    b'{"format": "leakguard-heap/1", "\\udfff": 1}',
    b'{"format": "leakguard-heap/1", "notes": [1]}',
    b'{"format": "leakguard-heap/1", "notes": "text"}',
    b'{"format": "leakguard-heap/1"}' + b" " * (1 << 20),
]


@pytest.mark.parametrize("meta", META, ids=range(len(META)))
def test_hostile_meta(data: bytes, entry: Entry, meta: bytes) -> None:
    assert "'meta'" in refused(with_meta(data, entry, meta))


def test_meta_of_a_later_minor(data: bytes, entry: Entry) -> None:
    meta = {"format": "leakguard-heap/1", "later": {"x": [1, None]}}
    with HeapImage(with_meta(data, entry, json.dumps(meta).encode())) as image:
        assert image.meta == meta


def with_meta(data: bytes, entry: Entry, meta: bytes) -> bytes:
    """The image with another meta section, put behind everything else."""
    moved = place(data, entry(data, "meta"), SECTION.pack(b"meta", 1, 0, len(data), len(meta)))
    return place(moved + meta, 16, struct.pack("<Q", len(moved) + len(meta)))
