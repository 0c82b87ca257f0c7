"""What fills, turns over or gets one thing more for each, and is no leak."""

from __future__ import annotations

import pytest

from leakguard.analysis.growth import compare
from leakguard.analysis.growth_floors import is_enough
from leakguard.image import EdgeKind, Ident, RootKind, TypeKind

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


def scopes(heap, each):
    """The last steps of each tenant, in a deque of a scope; the tenants were all there at first."""
    tenants = heap.variable(heap.shop, "SCOPES", "dict", 9_000, TypeKind.DICT)
    for at in range(80):
        scope = heap.node("shop.Scope", 60, flags=3)
        heap.edge(tenants, EdgeKind.DATA_KEY, (1 << 24) + at, scope)
        last = heap.node("collections.deque", 600, TypeKind.DEQUE, bound=100)
        heap.edge(scope, EdgeKind.ATTR, "steps", last)
        heap.fill(last, 2 + each, 300, "dict", kind=TypeKind.DICT)


def test_a_bounded_deque_in_an_object_of_each_tenant_fills(series):
    growth = compare(series(scopes, [3 * at // 2 for at in ROUNDS]))
    assert growth.growing() == ()


def test_a_store_that_takes_in_more_is_not_bounded_by_what_it_holds(series):
    def build(heap, users):
        settings = heap.variable(heap.shop, "settings", "shop.Settings", 60 + 8 * users, flags=3)
        for at in range(users):
            last = heap.node("collections.deque", 600, TypeKind.DEQUE, bound=100)
            user = heap.node("shop.User", 60, flags=3)
            heap.edge(settings, EdgeKind.ATTR, f"user_{at}", user)
            heap.edge(user, EdgeKind.ATTR, "steps", last)
            heap.fill(last, 10, 200, "dict", kind=TypeKind.DICT)

    growth = compare(series(build, [50 + 80 * at for at in ROUNDS]))
    assert [grown.holder for grown in growth.growing()] == ["shop.settings"]


def templates(heap, used):
    """Texts of templates, of which so many are used by now: somebody else refers to them too. One
    that only the table refers to is a part of it."""
    texts = heap.variable(heap.shop, "TEXTS", "dict", 9_000, TypeKind.DICT)
    text = heap.builder.type("str", TypeKind.STR, 1)
    heap.builder.add_size(texts, (250 - used) * 140, 250 - used, text)
    for at in range(used):
        node = heap.node("str", 140, TypeKind.STR)
        heap.edge(texts, EdgeKind.DATA_KEY, (1 << 24) + at, node)


@pytest.mark.parametrize("first", [0, 30])
def test_strings_that_somebody_else_has_come_to_know_are_not_new(series, first):
    growth = compare(series(templates, [first + 40 * at for at in ROUNDS]))
    assert growth.growing() == ()


@pytest.mark.parametrize(
    ("folder", "told"), [("/usr/lib/python3.12", []), ("/srv/plugins", ["sys.modules"])]
)
def test_modules_of_libraries_that_are_imported_late_do_not_leak(series, folder, told):
    def build(heap, count):
        sys = heap.module("sys", None)
        modules = heap.variable(sys, "modules", "dict", 30_000, TypeKind.DICT)
        for at in range(count):
            name = f"part_{at}"
            ident = Ident(name, f"{folder}/{name}.py")
            module = heap.node("module", 72, TypeKind.MODULE, ident=ident)
            heap.edge(modules, EdgeKind.DATA_KEY, (1 << 24) + at, module)
            names = heap.slot(module, "__dict__", "dict", 2_000, TypeKind.DICT)
            for number in range(90):
                made = heap.node("list", 300, TypeKind.LIST)
                heap.edge(names, EdgeKind.KEY, f"name_{number}", made)

    growth = compare(series(build, [2 * at for at in ROUNDS]))
    assert [grown.holder for grown in growth.growing()] == told


def test_many_requests_of_the_own_route_make_a_gain_small():
    assert is_enough(500, 36_000, 360)
    assert not is_enough(500, 36_000, 2_880)
