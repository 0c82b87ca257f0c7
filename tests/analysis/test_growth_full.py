"""What fills, turns over or gets one thing more for each, and is no leak."""

from __future__ import annotations

import pytest

from leakguard.analysis.growth import compare
from leakguard.analysis.growth_floors import is_enough
from leakguard.image import EdgeKind, RootKind, TypeKind

ROUNDS = range(6)


def sessions(kept):
    """A store of sessions by a data key: after `turned` new ones, `kept` of them gathered."""

    def build(heap, turned):
        count = 600 + kept(turned)
        store = heap.variable(heap.shop, "SESSIONS", "dict", 40_000, TypeKind.DICT)
        # the oldest keys have gone, and as many new ones have come
        for at in range(turned - kept(turned), turned - kept(turned) + count):
            session = heap.node("shop.Session", 300, flags=3)
            heap.edge(store, EdgeKind.DATA_KEY, (1 << 24) + at, session)

    return build


def test_a_store_whose_entries_are_replaced_does_not_grow(series):
    assert compare(series(sessions(lambda turned: 0), [80 * at for at in ROUNDS])).paths == ()


def test_of_a_store_that_also_leaks_only_the_difference_is_growth(series):
    summaries = series(sessions(lambda turned: turned // 2), [80 * at for at in ROUNDS])
    (grown,) = compare(summaries).growing()
    assert grown.holder == "shop.SESSIONS"
    assert grown.growth_objects == pytest.approx(40 * 4, abs=8)


def products(heap, cached):
    """A thousand products, of which so many have a text that was computed when it was needed."""
    held = heap.variable(heap.shop, "PRODUCTS", "list", 9_000, TypeKind.LIST)
    for at, product in enumerate(heap.fill(held, 1000, 200, "shop.Product", flags=3)):
        if at < cached:
            text = heap.node("list", 300, TypeKind.LIST)
            heap.edge(product, EdgeKind.ATTR, "text", text)


def test_there_is_one_cached_property_for_each_object_and_no_more(series):
    growth = compare(series(products, [100 * at for at in ROUNDS]))
    assert growth.growing() == ()
    assert {path.verdict for path in growth.paths} == {"warming up"}


def prices(heap, cached):
    """The same with a number, which is a part of the product in the image."""
    held = heap.variable(heap.shop, "PRODUCTS", "list", 9_000, TypeKind.LIST)
    for at in range(1000):
        more = int(at < cached)
        product = heap.node("shop.Product", 200 + 80 * more, flags=3, folded=more)
        heap.edge(held, EdgeKind.INDEX, at, product)


def test_a_number_more_in_each_of_many_objects_is_there_once(series):
    growth = compare(series(prices, [100 * at for at in ROUNDS]))
    assert {path.verdict for path in growth.paths} == {"warming up"}


def workers(heap, count):
    pool = heap.variable(heap.shop, "POOL", "list", 900, TypeKind.LIST)
    heap.fill(pool, count, 20_000, "shop.Worker", flags=3)


def test_a_few_objects_between_two_images_may_have_come_once(series):
    assert compare(series(workers, (1, 7), requests=20)).growing() == ()
    assert [grown.holder for grown in compare(series(workers, (1, 13), requests=20)).growing()] == [
        "shop.POOL"
    ]


def test_code_that_tools_remember_is_nobodys_leak(series):
    def build(heap, count):
        for _ in range(count):
            heap.builder.root(heap.node("code", 500, TypeKind.CODE), RootKind.C_HELD)

    assert compare(series(build, [100 * at for at in ROUNDS])).paths == ()


def visits(heap, each):
    """The last ten visits of each of many users."""
    users = heap.variable(heap.shop, "VISITS", "dict", 9_000, TypeKind.DICT)
    for at in range(60):
        last = heap.node("collections.deque", 600, TypeKind.DEQUE, bound=10)
        heap.edge(users, EdgeKind.DATA_KEY, (1 << 24) + at, last)
        heap.fill(last, each, 200, "shop.Visit", flags=3)


def test_a_bounded_deque_for_each_of_the_users_fills(series):
    growth = compare(series(visits, [2 * at for at in ROUNDS]))
    assert growth.growing() == ()


def test_many_requests_of_the_own_route_make_a_gain_small():
    assert is_enough(500, 36_000, 360)
    assert not is_enough(500, 36_000, 2_880)
