"""Bounds that help and bounds that do not."""

from __future__ import annotations

import pytest

from leakguard.analysis.growth import compare
from leakguard.analysis.verdict_memory import warming_up
from leakguard.image import EdgeKind, TypeKind

KB = 1000
EVEN = (100, 200, 300, 400, 500, 600)
SLOWING = (100, 400, 500, 540, 560, 570)
INFINITE = (1 << 63) - 1
BY_AGE = -1


def deque(heap, limit):
    return heap.variable(heap.shop, "RECENT", "deque", 8 * KB, TypeKind.DEQUE, bound=limit)


def cache(heap, limit):
    held = heap.variable(heap.shop, "CACHE", "cachetools.LRUCache", 64, flags=3, bound=limit)
    return heap.edge(held, EdgeKind.ATTR, "data", heap.node("dict", 8 * KB, TypeKind.DICT))


def filled(series, make, limit, size=400, counts=EVEN):
    return compare(series(lambda heap, count: heap.fill(make(heap, limit), count, size), counts))


@pytest.mark.parametrize("make", [deque, cache])
@pytest.mark.parametrize("limit", [10**9, 10**7])
def test_what_could_never_be_full_grows(series, make, limit):
    (grown,) = filled(series, make, limit).growing()
    assert grown.holder in ("shop.RECENT", "shop.CACHE")
    assert (grown.object_type, grown.object_count, grown.limit) == ("shop.Cart", 600, limit)
    (without,) = filled(series, deque, None).growing()
    assert grown.confidence < without.confidence


def test_a_bound_without_end_is_none(series):
    (grown,) = filled(series, cache, INFINITE).growing()
    (without,) = filled(series, deque, None).growing()
    assert (grown.confidence, grown.limit) == (without.confidence, 0)


@pytest.mark.parametrize("limit", [600, 5000, 100_000, BY_AGE])
def test_what_there_is_room_for_is_warming_up(series, limit):
    growth = filled(series, cache, limit)
    assert growth.growing() == ()
    assert {path.verdict for path in growth.paths} == {"warming up"}
    (text,) = (warming_up(path) for path in growth.paths)
    assert "is not full yet, but limits by itself how much it holds" in text
    assert "slows down" not in text


def test_large_entries_make_a_bound_far(series):
    (grown,) = filled(series, cache, 100_000, size=50 * KB).growing()
    assert grown.limit == 100_000


def test_a_fill_that_slows_is_warming_up_however_far_the_bound(series):
    assert filled(series, cache, 10**9, counts=SLOWING).growing() == ()


def test_two_tables_of_one_cache_are_one_holder(series):
    def build(heap, count):
        held = heap.variable(heap.shop, "CACHE", "cachetools.TTLCache", 64, flags=3, bound=10**9)
        for name, kind in (("data", "shop.Cart"), ("links", "cachetools._Link")):
            table = heap.edge(held, EdgeKind.ATTR, name, heap.node("dict", 9 * KB, TypeKind.DICT))
            heap.fill(table, count, 400, kind)

    (grown,) = compare(series(build, EVEN)).growing()
    assert (grown.holder, grown.object_count) == ("shop.CACHE", 600)
    assert grown.growth_objects == 800
