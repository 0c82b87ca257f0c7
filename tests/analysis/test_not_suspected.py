"""What is large in heaps made by hand, and is no leak."""

from __future__ import annotations

import pytest

from leakguard.image import EdgeKind, TypeKind

KB, MB = 1000, 1_000_000


def test_a_tree_is_no_chain(heap):
    root = heap.variable(heap.shop, "tree", "dict", 100, TypeKind.DICT)
    level = [root]
    for _ in range(12):
        level = [
            heap.edge(node, EdgeKind.KEY, side, heap.node("dict", 300, TypeKind.DICT))
            for node in level
            for side in ("left", "right")
        ]
    assert heap.analyse().suspects == ()


@pytest.mark.parametrize("count", [1, 2])
def test_a_few_large_objects_are_no_leak(heap, count):
    for at in range(count):
        heap.variable(heap.shop, f"table_{at}", "list", 8 * MB, TypeKind.LIST)
    assert heap.analyse().suspects == ()


def bounded_deque(heap):
    return heap.variable(heap.shop, "RECENT", "deque", 8 * KB, TypeKind.DEQUE, bound=1000)


def bounded_cachetools(heap):
    attributes = heap.instance(heap.shop, "CACHE", "cachetools.LRUCache")
    return heap.variable(attributes, "_Cache__data", "dict", 8 * KB, TypeKind.DICT)


def own_table(heap):
    return heap.variable(heap.module("linecache", "<frozen>"), "cache", "dict", 8, TypeKind.DICT)


def leakguards_own(heap):
    package = heap.module("leakguard.routes", "/srv/lib/leakguard/routes.py")
    return heap.variable(package, "ledger", "dict", 8, TypeKind.DICT)


def a_tuple(heap):
    return heap.variable(heap.shop, "CONSTANTS", "tuple", 8 * KB, TypeKind.TUPLE)


def a_frozenset(heap):
    return heap.variable(heap.shop, "CONSTANTS", "frozenset", 8 * KB, TypeKind.SET)


@pytest.mark.parametrize(
    "make", [bounded_deque, bounded_cachetools, own_table, leakguards_own, a_tuple, a_frozenset]
)
def test_what_cannot_leak_is_not_blamed(heap, make):
    heap.fill(make(heap), 1000, 9 * KB, edge=EdgeKind.INDEX)
    assert heap.analyse().suspects == ()


def test_bounded_lru_cache_is_not_blamed(heap):
    cache = heap.variable(
        heap.shop, "load", "functools._lru_cache_wrapper", 200, TypeKind.LRU_CACHE
    )
    entries = heap.slot(cache, "cache", "dict", 8 * KB, TypeKind.DICT)
    heap.fill(entries, 1000, 9 * KB, "functools._lru_list_elem", EdgeKind.DATA_KEY)
    assert heap.analyse().suspects == ()


def test_tables_of_a_library_are_not_blamed(heap):
    table = heap.variable(heap.lib, "TABLE", "dict", 300 * KB, TypeKind.DICT)
    heap.fill(table, 9000, 100, "tuple", EdgeKind.DATA_KEY, kind=TypeKind.TUPLE)
    written = heap.variable(heap.shop, "REGISTRY", "dict", 8 * KB, TypeKind.DICT)
    for at in range(400):
        heap.variable(written, f"entry_{at}", "shop.Model", 9 * KB)
    assert heap.analyse().suspects == ()


def test_classes_of_a_module_are_not_blamed(heap):
    registry = heap.variable(heap.shop, "MODELS", "list", 8 * KB, TypeKind.LIST)
    heap.fill(registry, 500, 9 * KB, "type", kind=TypeKind.TYPE)
    assert heap.analyse().suspects == ()


def test_who_holds_weakly_is_not_blamed(heap):
    observers = heap.variable(heap.shop, "OBSERVERS", "list", 8 * KB, TypeKind.LIST)
    heap.fill(observers, 20_000, 72, "weakref.ReferenceType", kind=TypeKind.WEAKREF)
    assert heap.analyse().suspects == ()


def test_what_nothing_refers_to_is_not_blamed(heap):
    stray = heap.node("list", 8 * KB, TypeKind.LIST)
    heap.fill(stray, 1000, 9 * KB)
    findings = heap.analyse()
    assert findings.suspects == ()
    assert {row.type: row.count for row in findings.types}["shop.Cart"] == 1000
