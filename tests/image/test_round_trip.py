from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.image import EdgeKind, HeapImage, Ident, ImageBuilder, Label, RootKind, TypeKind
from leakguard.image.format import DATA_KEY_CLASSES, LABEL_MASK, NAMED_EDGE_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
IDENTS = st.builds(
    Ident,
    TEXT,
    st.none() | TEXT.filter(bool),
    st.none() | st.integers(1, 2**32 - 1),
)
TYPES = st.lists(
    st.tuples(TEXT, st.sampled_from(TypeKind), st.integers(0, 3), st.none() | IDENTS), max_size=8
)


@st.composite
def labels(draw: st.DrawFn) -> tuple[EdgeKind, str | int]:
    kind = draw(st.sampled_from(EdgeKind))
    if kind in NAMED_EDGE_KINDS:
        return kind, draw(TEXT)
    if kind is EdgeKind.DATA_KEY:
        return kind, draw(st.integers(0, (len(DATA_KEY_CLASSES) << 24) - 1))
    return kind, draw(st.integers(0, LABEL_MASK))


@st.composite
def heaps(draw: st.DrawFn) -> dict[str, Any]:
    types = draw(TYPES)
    nodes = draw(
        st.lists(
            st.tuples(
                st.integers(0, len(types)),
                st.integers(0, 2**40),
                st.integers(0, 2**64 - 1),
                st.integers(0, 2**16),
                st.integers(0, len(types)),
                st.none() | IDENTS,
                st.none() | st.integers(-(2**63), 2**63 - 1),
            ),
            max_size=12,
        )
    )
    node = st.integers(0, max(len(nodes) - 1, 0))
    some = len(nodes) > 0
    edges = draw(st.lists(st.tuples(node, labels(), node), max_size=30)) if some else []
    roots = draw(st.lists(st.tuples(node, st.sampled_from(RootKind)), max_size=6)) if some else []
    return {"types": types, "nodes": nodes, "edges": edges, "roots": roots}


def build(heap: dict[str, Any]) -> tuple[ImageBuilder, list[int]]:
    builder = ImageBuilder()
    types = [0, *(builder.type(*type_) for type_ in heap["types"])]
    for type_index, size, address, folded, folded_type, ident, bound in heap["nodes"]:
        builder.node(types[type_index], size, address, folded, types[folded_type], ident, bound)
    for source, (kind, name_or_value), target in heap["edges"]:
        builder.edge(source, kind, name_or_value, target)
    for node, kind in heap["roots"]:
        builder.root(node, kind)
    return builder, types


def check(image: HeapImage, heap: dict[str, Any], types: list[int]) -> None:
    assert image.node_count == len(heap["nodes"])
    assert image.edge_count == len(heap["edges"])
    assert image.type_name(0) == "<unknown>"
    for index, (name, kind, flags, ident) in zip(types[1:], heap["types"], strict=True):
        assert image.type_name(index) == name
        assert (image.type_kind[index], image.type_flags[index]) == (kind, flags)
        assert image.type_ident_of(index) == ident
    for node, (type_, size, address, folded, folded_type, ident, bound) in enumerate(heap["nodes"]):
        assert image.node_type[node] == types[type_]
        assert image.node_size[node] == size
        assert image.node_address[node] == address
        assert image.node_folded[node] == folded
        assert image.folded_type[node] == types[folded_type]
        assert image.ident_of(node) == ident
        assert image.bound_of(node) == bound
        told = [(*label, target) for source, label, target in heap["edges"] if source == node]
        read = []
        for edge in image.edges(node):
            label = image.label(edge)
            shown = label.name if label.kind in NAMED_EDGE_KINDS else label.value
            read.append((label.kind, shown, image.edge_target[edge]))
        assert read == told
    assert list(zip(image.root_node, image.root_kind, strict=True)) == heap["roots"]
    assert image.stats[1] == sum(node[1] for node in heap["nodes"])


@given(heaps())
def test_what_was_built_is_what_is_read(heap: dict[str, Any]) -> None:
    builder, types = build(heap)
    with builder.image() as image:
        check(image, heap, types)


@given(heaps())
def test_a_file_says_the_same_as_memory(heap: dict[str, Any]) -> None:
    builder, types = build(heap)
    descriptor, path = tempfile.mkstemp(suffix=".lgheap")
    try:
        builder.write(descriptor)
        for source in (path, descriptor):
            with HeapImage.open(source) as image:
                check(image, heap, types)
    finally:
        os.close(descriptor)
        os.unlink(path)  # noqa: PTH108 (tmp_path is one directory for all of hypothesis's examples)


def test_sample(image: HeapImage, walk: Callable[[HeapImage], int]) -> None:
    assert walk(image) > 0
    assert image.ident_of(0) == Ident("shop.cart", "cart.py", None)
    assert image.ident_of(1) is None
    assert image.bound_of(7) == 100
    assert image.type_ident_of(3) == Ident("shop.cart.Cárt", "cart.py", 20)
    assert image.type_ident_of(1) is None
    assert (image.stats[0], image.stats[1]) == (13, 72 + 232 + 5 * 56 + 640)
    assert image.coverage == pytest.approx(1224 / 2000)
    assert image.meta["app"] == "shop"
    assert "8 nodes" in repr(image)


def test_labels_of_the_sample(image: HeapImage) -> None:
    read = [image.label(edge) for edge in image.edges(1)]
    assert read[0].kind is EdgeKind.KEY
    assert read[0].name == "WAITING"
    assert [label.name for label in read[1:]] == ["str", "int", "bytes", "tuple", "float"]
    assert read[1] == Label(EdgeKind.DATA_KEY, "str", 0xABCDEF)
    assert image.label(image.edge_offset[7]) == Label(EdgeKind.INDEX, "", 0)


def test_no_allocator_figure_means_no_coverage() -> None:
    with ImageBuilder().image() as image:
        assert image.coverage is None
        assert (image.node_count, image.edge_count) == (0, 0)


def test_equal_types_and_strings_are_one() -> None:
    builder = ImageBuilder()
    assert builder.type("dict", TypeKind.DICT) == builder.type("dict", TypeKind.DICT)
    assert builder.type("dict", TypeKind.DICT) != builder.type("dict")
    assert builder.string("name") == builder.string("name")
    assert builder.string("") == 0


def test_leaves_can_be_folded_later() -> None:
    builder = ImageBuilder()
    text = builder.type("str", TypeKind.STR)
    node = builder.node(builder.type("list", TypeKind.LIST), 56)
    builder.add_size(node, 100, 2, text)
    with builder.image() as image:
        assert (image.node_size[0], image.node_folded[0], image.folded_type[0]) == (156, 2, text)
        assert image.stats[0] == 3


@pytest.mark.parametrize(
    "misuse",
    [
        lambda builder: builder.edge(0, EdgeKind.OTHER, 0, 0),
        lambda builder: builder.root(0, RootKind.TYPE),
        lambda builder: builder.node(7, 1),
        lambda builder: builder.node(0, 1, folded_type=7),
        lambda builder: builder.folded(9, 1, 1),
    ],
)
def test_what_does_not_exist_is_refused(misuse: Callable[[ImageBuilder], object]) -> None:
    with pytest.raises(ValueError, match="does not exist"):
        misuse(ImageBuilder())


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (EdgeKind.INDEX, "name"),
        (EdgeKind.KEY, 99),
        (EdgeKind.DATA_KEY, 6 << 24),
        (EdgeKind.INDEX, -1),
        (12, 0),
    ],
)
def test_meaningless_labels_are_refused(kind: EdgeKind, value: str | int) -> None:
    builder = ImageBuilder()
    node = builder.node(0, 16)
    with pytest.raises(ValueError, match=r"."):
        builder.edge(node, kind, value, node)


def test_positions_saturate() -> None:
    builder = ImageBuilder()
    node = builder.node(0, 16)
    builder.edge(node, EdgeKind.INDEX, 1 << 40, node)
    with builder.image() as image:
        assert image.label(0) == Label(EdgeKind.INDEX, "", LABEL_MASK)


def test_more_types_than_an_image_can_number() -> None:
    builder = ImageBuilder()
    for index in range((1 << 16) - 1):
        builder.type(f"t{index}")
    with pytest.raises(ValueError, match="at most 65536 types"):
        builder.type("one too many")


def test_a_string_that_utf8_cannot_say() -> None:
    builder = ImageBuilder()
    index = builder.string("a\ud800b")
    with builder.image() as image:
        assert image.string(index) == "a?b"


def test_only_the_owner_can_read_the_file(builder: ImageBuilder, tmp_path: Path) -> None:
    path = tmp_path / "private.lgheap"
    builder.write(path)
    assert path.stat().st_mode & 0o077 == 0
