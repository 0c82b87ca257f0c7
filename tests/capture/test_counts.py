"""The references that the walk sees are those that CPython counts and its collector knows."""

from __future__ import annotations

import ctypes
import gc
import itertools
import sys
from collections import Counter, OrderedDict
from typing import Any

import pytest

import leakguard
from leakguard.image import HeapImage, RootKind


class Node:
    def __init__(self, value: object) -> None:
        self.value = value
        self.link: Node | None = None


def sample_heap() -> list[Any]:
    """Objects of many kinds that refer to each other, none of them shared with the interpreter."""
    nodes = [Node([float(i), str(i) * 20, {"key": (i, bytes(i % 50))}]) for i in range(500)]
    for left, right in itertools.pairwise(nodes):
        left.link = right
    nodes[-1].link = nodes[0]
    mapping = {i: nodes[i] for i in range(0, 500, 7)}
    return [*nodes, mapping, set(nodes[::11]), tuple(nodes[::13])]


def in_degrees(image: HeapImage) -> Counter[int]:
    return Counter(image.edge_target)


@pytest.mark.parametrize("method", ["fork", "inline"])
def test_referents_are_those_of_the_collector(method: Any) -> None:
    heap = sample_heap()
    gc.collect()
    image = leakguard.snapshot(method=method)
    node = {address: i for i, address in enumerate(image.node_address)}
    checked = 0
    for owner in heap:
        edges = image.edges(node[id(owner)])
        seen = Counter(image.node_address[image.edge_target[edge]] for edge in edges)
        known = Counter(id(x) for x in gc.get_referents(owner) if id(x) in node)
        immortal = {id(x) for x in gc.get_referents(owner) if sys.getrefcount(x) > 1 << 28}
        for address in immortal:
            known.pop(address, None)
        assert known <= seen
        checked += sum(known.values())
    assert checked > 1500


def test_counts_are_explained() -> None:
    """In-edges equal the reference count of objects that nothing but other objects refers to."""
    heap = sample_heap()
    gc.collect()
    image = leakguard.snapshot()
    degrees = in_degrees(image)
    node = {address: i for i, address in enumerate(image.node_address)}
    # whatever the expression below adds, it adds to each of them
    assert len({sys.getrefcount(heap[i]) - degrees[node[id(heap[i])]] for i in range(500)}) == 1


def test_an_ordered_dict_refers_to_each_key_twice() -> None:
    """Once from its table and once from its list; the collector is told of one only."""
    keys = [f"key {number} of a dict in order" for number in range(50)] + [(1, 2), (3, 4)]
    before = [sys.getrefcount(keys[place]) for place in range(len(keys))]
    names: OrderedDict[object, float] = OrderedDict((key, 0.5) for key in keys[:50])
    mixed: OrderedDict[object, float] = OrderedDict((key, 0.5) for key in keys)
    image = leakguard.snapshot()
    node = {address: i for i, address in enumerate(image.node_address)}
    seen = Counter(
        image.edge_target[edge] for owner in (names, mixed) for edge in image.edges(node[id(owner)])
    )
    gained = [sys.getrefcount(keys[place]) - count for place, count in enumerate(before)]
    assert [seen[node[id(key)]] for key in keys] == gained == [4] * 50 + [2] * 2


def test_hardly_any_count_is_below_its_references() -> None:
    """What is above is held from C; below would mean an edge that no count stands for."""
    code = compile("x = [i for i in range(10)]", "<test>", "exec")
    gc.collect()
    image = leakguard.snapshot(method="inline")
    # at once: whatever runs now drops references, and caches drop entries
    counts = [
        1 if image.type_name(image.node_type[n]).startswith("<")
        else ctypes.c_uint32.from_address(address).value
        for n, address in enumerate(image.node_address)
    ]  # fmt: skip
    degrees = in_degrees(image)
    immortal = {
        n
        for n, kind in zip(image.root_node, image.root_kind, strict=True)
        if kind in (RootKind.IMMORTAL, RootKind.THREAD)
    }
    below = Counter(
        image.type_name(image.node_type[n])
        for n, degree in degrees.items()
        if n not in immortal and counts[n] < degree
    )
    # what has changed since: the frames and objects of this very function's calls
    assert sum(below.values()) < image.node_count // 500, below
    assert code is not None


def test_an_extra_reference_from_c_makes_a_root() -> None:
    held = Node("held by C alone")
    address = id(held)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(held))
    try:
        link = held.link = Node("below it")
        del held
        image = leakguard.snapshot()
        node = {a: i for i, a in enumerate(image.node_address)}
        kinds = dict(zip(image.root_node, image.root_kind, strict=True))
        assert kinds[node[address]] == RootKind.C_HELD
        assert node[id(link)] not in kinds
    finally:
        ctypes.pythonapi.Py_DecRef(ctypes.cast(address, ctypes.py_object))


def test_sizes_agree_with_getsizeof() -> None:
    """Blocks are rounded up to 16 bytes, and have malloc's 8 in front above 512."""
    objects: list[Any] = [
        "x" * 1000, "é" * 1000, "漢" * 1000, b"y" * 777, 1 << 900, [None] * 99, (None,) * 99,
        dict.fromkeys(range(99)), dict.fromkeys("abcdef"), set(range(99)), frozenset(range(9)),
        2.5 + len(sys.argv), bytearray(5000), sample_heap, sys.getsizeof, type("Made", (), {}),
    ]  # fmt: skip
    again = list(objects)
    image = leakguard.snapshot(method="inline")
    node = {address: i for i, address in enumerate(image.node_address)}
    for one in again:
        n = node[id(one)]
        expected = sys.getsizeof(one)
        if isinstance(one, (dict, set, list, tuple, frozenset)):
            leaves = sum(sys.getsizeof(x) + 16 for x in one if sys.getrefcount(x) <= 4)
        elif isinstance(one, type):
            leaves = 4096  # names and documentation that only it refers to
        else:
            leaves = 512
        assert expected - 16 <= image.node_size[n] <= expected + 64 + leaves, (type(one), expected)
