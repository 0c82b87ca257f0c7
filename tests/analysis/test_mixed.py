"""Containers whose members are of many types."""

from __future__ import annotations

from leakguard.image import EdgeKind, TypeKind

KB = 1000


def registry(heap, count, size, types):
    held = heap.variable(heap.shop, "KINDS", "dict", 100 * KB, TypeKind.DICT)
    for at in range(count):
        node = heap.node(f"shop.Kind{at % types}", size, flags=3)
        heap.edge(held, EdgeKind.DATA_KEY, (1 << 24) + at, node)


def test_objects_of_many_types_gather_too(heap):
    registry(heap, 20_000, 300, 5_000)
    (suspect,) = heap.analyse().suspects
    assert (suspect.holder, suspect.kind) == ("shop.KINDS", "global-cache")
    assert suspect.object_count == 20_000


def test_a_table_that_somebody_may_have_written_is_none(heap):
    registry(heap, 3000, 1000, 3000)
    assert heap.analyse().suspects == ()


def test_one_large_member_is_no_gathering(heap):
    registry(heap, 2000, 100, 2000)
    held = heap.variable(heap.shop, "MORE", "dict", 100 * KB, TypeKind.DICT)
    heap.edge(held, EdgeKind.KEY, "model", heap.node("shop.Model", 9000 * KB, flags=3))
    assert heap.analyse().suspects == ()
