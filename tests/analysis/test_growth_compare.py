"""Which paths are said to grow, on series of heaps made by hand."""

from __future__ import annotations

import dataclasses

import pytest

from leakguard.analysis.growth import compare
from leakguard.image import EdgeKind, RootKind, TypeKind

KB, MB = 1000, 1_000_000


def carts(heap, count, size=200):
    held = heap.variable(heap.shop, "CARTS", "list", 100 + 8 * count, TypeKind.LIST)
    for cart in heap.fill(held, count, size, flags=3):
        heap.edge(cart, EdgeKind.ATTR, "lines", heap.node("list", 60, TypeKind.LIST))


EVEN = (100, 200, 300, 400, 500, 600)


def test_a_list_that_grows(series):
    growth = compare(series(carts, EVEN))
    (grown,) = growth.paths
    assert (grown.verdict, grown.holder) == ("growing", "shop.CARTS")
    assert (grown.object_type, grown.object_count) == ("shop.Cart", 600)
    # the first interval is the start; each cart has a list, and takes a place in the holder
    assert (grown.growth_objects, grown.growth_bytes) == (800, 400 * 268)
    assert (grown.seconds, grown.requests) == (240.0, 400)
    assert grown.bytes_per_request == 268
    assert grown.bytes_per_minute == 100 * 268
    assert [link.edge for link in grown.chain] == ["", ".CARTS", "[]"]
    assert grown.chain[-1].repeats == 600
    assert (growth.ready, growth.intervals) == (True, 5)
    assert (grown.linked, grown.held_from_c, grown.holds_weakly) == (False, False, False)


def test_without_request_counts_time_stands_in(series):
    (grown,) = compare(series(carts, EVEN, requests=None)).growing()
    assert grown.requests is None
    assert grown.bytes_per_request is None


def test_one_image_tells_no_growth(series):
    growth = compare(series(carts, (100,)))
    assert (growth.ready, growth.intervals, growth.paths) == (False, 0, ())


@pytest.mark.parametrize(("counts", "sure"), [((100, 900), 0.4), ((100, 500, 900), 0.64)])
def test_two_or_three_images_tell_of_growth_with_doubt(series, counts, sure):
    growth = compare(series(carts, counts))
    assert not growth.ready
    (grown,) = growth.growing()
    assert (grown.holder, grown.confidence) == ("shop.CARTS", sure)


@pytest.mark.parametrize("counts", [(900, 900), (100, 900, 900), (100, 100, 900), (100, 900, 500)])
def test_what_moved_once_in_few_images_does_not_grow(series, counts):
    assert compare(series(carts, counts)).growing() == ()


def test_a_fall_long_ago_tells_a_buffer_that_is_filled_again(series):
    batches = [100, 900, 1700, *range(100, 1500, 100)]
    (found,) = compare(series(carts, batches)).paths
    assert found.verdict == "saw-tooth"
    (found,) = compare(series(carts, batches[3:])).paths
    assert found.verdict == "growing"


def test_what_began_to_grow_lately_is_held_against_the_requests_since(series):
    late = [100] * 20 + list(range(100, 100 + 13 * 20, 20))
    (found,) = compare(series(carts, late)).growing()
    assert found.growth_objects < 0.2 * found.requests


MIX = {"GET /carts": 80, "GET /health": 20}
HEALTH = {"GET /carts": 0, "GET /health": 100}


def ended(*intervals):
    """Requests by route at the ends of intervals, from a first time on."""
    totals = [{"GET /carts": 0, "GET /health": 0}]
    for passed in intervals:
        totals.append({route: totals[-1][route] + count for route, count in passed.items()})
    return totals


def test_what_stands_still_while_other_routes_are_asked_for_still_grows(series):
    counts = [100, 200, 300, 400, 500, 500]
    assert compare(series(carts, counts[1:])).growing() == ()
    routes = ended(MIX, MIX, MIX, MIX, HEALTH)
    (grown,) = compare(series(carts, counts), routes=routes).growing()
    assert grown.holder == "shop.CARTS"


def test_of_routes_asked_for_one_after_the_other_the_whole_is_compared(series):
    names = ["/a", "/b", "/c", "/d", "/e"]
    routes = [
        {name: 100 if at > place else 0 for place, name in enumerate(names)} for at in range(6)
    ]
    growth = compare(series(carts, [100, 100, 300, 300, 300, 300]), routes=routes)
    assert growth.snapshots == 2
    (grown,) = growth.growing()
    assert grown.holder == "shop.CARTS"


def test_crowded_images_are_taken_together(series):
    summaries = series(carts, range(100, 2100, 100))
    crowd = [
        dataclasses.replace(summaries[-1], requests=summaries[-1].requests + at, created=9e9)
        for at in range(1, 20)
    ]
    assert compare([*summaries, *crowd]).snapshots == len(summaries)


def test_snapshots_without_traffic_between_are_one(series):
    summaries = series(carts, (100, 200, 300))
    idle = [dataclasses.replace(summaries[-1], created=180.0 + at) for at in range(4)]
    assert not compare([*summaries, *idle]).ready
    assert compare([]).intervals == 0


@pytest.mark.parametrize(
    "counts",
    [
        (500,) * 6,
        (100, 200, 260, 290, 300, 302),
        (90, 20, 70, 10, 90, 30),
        (100, 100, 100, 900, 900, 900),
        (600, 500, 400, 300, 200, 100),
    ],
    ids=["steady", "warm-up", "saw-tooth", "step", "shrinking"],
)
def test_what_does_not_go_on_growing_is_not_growing(series, counts):
    assert compare(series(carts, counts)).growing() == ()


def test_a_warm_up_is_called_one(series):
    (grown,) = compare(series(carts, (100, 400, 600, 700, 760, 780))).paths
    assert grown.verdict == "warming up"


def test_floors(series):
    """0.1 objects a request are nothing yet; a twentieth of a megabyte a request is."""
    slow = (100, 110, 120, 130, 140, 150)
    assert compare(series(carts, slow)).growing() == ()
    large = series(lambda heap, count: carts(heap, count, 50 * KB), slow)
    assert compare(large).growing()[0].holder == "shop.CARTS"


def test_a_slow_leak_is_seen_when_enough_has_gathered(series):
    slow = tuple(100 + 30 * at for at in range(6))
    found = series(lambda heap, count: carts(heap, count, 2 * KB), slow, requests=1000)
    assert compare(found).growing() != ()


def test_a_few_large_objects_in_many_requests(series):
    def build(heap, count):
        held = heap.variable(heap.shop, "RARE", "list", 80, TypeKind.LIST)
        heap.fill(held, count, MB, "shop.Blob")

    (grown,) = compare(series(build, (1, 2, 3, 4, 5, 7), requests=1600)).growing()
    assert (grown.holder, grown.growth_bytes) == ("shop.RARE", 5 * MB)


def test_the_innermost_of_nested_containers_is_the_holder(series):
    def build(heap, count):
        table = heap.variable(heap.shop, "BY_ROUTE", "dict", 300, TypeKind.DICT)
        for at in range(4):
            value = heap.node("list", 5 * KB, TypeKind.LIST)
            heap.edge(table, EdgeKind.DATA_KEY, at, value)
            heap.fill(value, count if at == 2 else 20, 200)

    (grown,) = compare(series(build, EVEN)).paths
    assert (grown.holder, grown.object_count) == ("shop.BY_ROUTE[str]", 600)


def test_leaves_within_a_container_count(series):
    def build(heap, count):
        heap.variable(
            heap.shop, "HITS", "list", 32 * count, TypeKind.LIST, folded=count,
            folded_type=heap.builder.type("float", TypeKind.FLOAT),
        )  # fmt: skip

    (grown,) = compare(series(build, tuple(4 * count for count in EVEN))).paths
    assert (grown.holder, grown.growth_objects) == ("shop.HITS", 1600)


def test_one_buffer_that_grows(series):
    def build(heap, count):
        heap.variable(heap.shop, "LOG", "shop.Buffer", 1000 * count)

    (grown,) = compare(series(build, EVEN)).paths
    assert (grown.holder, grown.growth_bytes) == ("shop.LOG", 400_000)


def test_a_linked_chain_is_named_by_its_head(series):
    def build(heap, count):
        owner = (heap.shop, EdgeKind.KEY, "head")
        for _ in range(count):
            node = heap.edge(*owner, heap.node("shop.Node", 300, flags=3))
            owner = (node, EdgeKind.ATTR, "next")

    (grown,) = compare(series(build, EVEN)).paths
    assert (grown.holder, grown.linked, grown.object_type) == ("shop.head", True, "shop.Node")


def bounded_deque(heap):
    return heap.variable(heap.shop, "RECENT", "deque", 8 * KB, TypeKind.DEQUE, bound=10_000)


def bounded_by_library(heap):
    cache = heap.variable(heap.shop, "CACHE", "cachetools.LRUCache", 64, flags=3)
    return heap.edge(cache, EdgeKind.ATTR, "data", heap.node("dict", 8 * KB, TypeKind.DICT))


@pytest.mark.parametrize("make", [bounded_deque, bounded_by_library])
def test_what_has_a_bound_is_only_warming_up(series, make):
    growth = compare(series(lambda heap, count: heap.fill(make(heap), count, 200), EVEN))
    assert {grown.verdict for grown in growth.paths} == {"warming up"}


def table_of(module, file):
    def build(heap, count):
        held = heap.variable(heap.module(module, file), "table", "list", 800, TypeKind.LIST)
        heap.fill(held, count, 200)

    return build


def test_our_own_tables_are_left_out(series):
    assert compare(series(table_of("leakguard.routes", "/lib/leakguard.py"), EVEN)).paths == ()


def test_the_interpreters_tables_are_not(series):
    (grown,) = compare(series(table_of("linecache", "<frozen>"), EVEN)).paths
    assert (grown.holder, grown.verdict) == ("linecache.table", "growing")


def test_who_holds_weakly_is_not_named_beside_who_holds(series):
    def build(heap, count, strong=True):
        table = heap.instance(heap.shop, "BY_CART", "weakref.WeakKeyDictionary")
        data = heap.variable(table, "data", "dict", 8 * KB, TypeKind.DICT)
        heap.fill(data, count, 200, "list", EdgeKind.DATA_KEY, kind=TypeKind.LIST)
        if strong:
            carts(heap, count)

    assert [g.holder for g in compare(series(build, EVEN)).paths] == ["shop.CARTS"]
    alone = series(lambda heap, count: build(heap, count, strong=False), EVEN)
    (grown,) = compare(alone).paths
    assert (grown.holder, grown.holds_weakly) == ("shop.BY_CART.data", True)


def test_weak_references_that_nobody_drops_are_told_where_nothing_else_grows(series):
    def build(heap, count, *, alive):
        held = heap.variable(heap.shop, "OBSERVERS", "list", 8 * KB, TypeKind.LIST)
        heap.fill(held, count, 72, "weakref.ReferenceType", kind=TypeKind.WEAKREF)
        if alive:
            heap.fill(heap.variable(heap.shop, "CARTS", "list", 800, TypeKind.LIST), count, 400)

    (grown,) = compare(series(lambda heap, count: build(heap, count, alive=False), EVEN)).paths
    assert (grown.holder, grown.holds_weakly) == ("shop.OBSERVERS", True)
    (grown,) = compare(series(lambda heap, count: build(heap, count, alive=True), EVEN)).paths
    assert grown.holder == "shop.CARTS"


def test_weak_references_of_nobody_are_no_members(series):
    def build(heap, count):
        held = heap.variable(heap.shop, "OBSERVERS", "shop.Observers", 64)
        for edge in range(count):
            ref = heap.node("weakref.ReferenceType", 72, TypeKind.WEAKREF)
            heap.edge(held, EdgeKind.SLOT, f"ref {edge % 3}", ref)

    assert compare(series(build, EVEN)).paths == ()


def test_weak_references_in_a_list_of_an_extension_are_no_members(series):
    def build(heap, count):
        for _ in range(6):
            connection = heap.node("sqlite3.Connection", 240)
            heap.edge(heap.shop, EdgeKind.KEY, "database", connection)
            cursors = heap.edge(
                connection, EdgeKind.OTHER, 0, heap.node("list", 800, TypeKind.LIST)
            )
            kind = TypeKind.WEAKREF
            heap.fill(cursors, 10 + count, 72, "weakref.ReferenceType", kind=kind)

    assert compare(series(build, EVEN)).paths == ()


def test_the_subclasses_of_a_class_of_c_are_no_members(series):
    def build(heap, count):
        table = heap.node("dict", 2 * KB + 100 * count, TypeKind.DICT)
        heap.builder.root(table, RootKind.C_HELD)
        heap.fill(table, 10 + count, 72, "weakref.ReferenceType", kind=TypeKind.WEAKREF)

    assert compare(series(build, EVEN)).paths == ()


def test_objects_that_only_c_holds(series):
    def build(heap, count):
        for _ in range(count):
            heap.builder.root(heap.node("ext.Buffer", 400), RootKind.C_HELD)

    (grown,) = compare(series(build, EVEN)).paths
    assert (grown.held_from_c, grown.holder) == (True, "C code (ext.Buffer)")
    assert (grown.object_type, grown.growth_objects) == ("ext.Buffer", 400)


def test_below_an_event_loop_the_chain_goes_on_to_the_task(series):
    def build(heap, count):
        loop = heap.variable(heap.lib, "loop", "uvloop.Loop", 64)
        timers = heap.edge(loop, EdgeKind.ATTR, "_timers", heap.node("set", 800, TypeKind.SET))
        for handle in heap.fill(timers, count, 100, "uvloop.loop.TimerHandle"):
            task = heap.node("_asyncio.Task", 200, TypeKind.TASK)
            heap.edge(handle, EdgeKind.ATTR, "_args", task)

    (grown,) = compare(series(build, EVEN)).paths
    assert grown.holder == "uvloop.Loop._timers"
    assert [link.type for link in grown.chain][-2:] == ["uvloop.loop.TimerHandle", "_asyncio.Task"]


def test_the_larger_growth_comes_first(series):
    def build(heap, count):
        for name, size in (("SMALL", 100), ("LARGE", 900), ("MIDDLE", 300)):
            heap.fill(heap.variable(heap.shop, name, "list", 800, TypeKind.LIST), count, size)
        heap.fill(heap.variable(heap.shop, "FULL", "list", 800, TypeKind.LIST), 500, 5 * KB)

    growth = compare(series(build, EVEN))
    assert [g.holder for g in growth.paths] == ["shop.LARGE", "shop.MIDDLE", "shop.SMALL"]
    assert len(compare(series(build, EVEN), most=2).paths) == 2


def test_garbage_that_is_never_collected_is_told(series):
    def build(heap, count):
        for _ in range(count):
            cycle = heap.node("shop.Cart", 200)
            heap.edge(cycle, EdgeKind.ATTR, "self", cycle)

    growth = compare(series(build, EVEN))
    assert (growth.garbage_grows, growth.paths) == (True, ())
    assert not compare(series(build, (0, 300, 0, 300, 0, 300))).garbage_grows


def timers(heap, count):
    held = heap.variable(heap.shop, "_scheduled", "list", 100 + 8 * count, TypeKind.LIST)
    heap.fill(held, count, 450, "asyncio.events.TimerHandle", flags=3)


@pytest.mark.parametrize(
    ("counts", "grows"), [((5, 29, 53, 79), False), ((40, 80, 120, 160), True)]
)
def test_timers_that_a_loop_has_not_dropped_yet_are_no_leak(series, counts, grows):
    assert bool(compare(series(timers, counts)).growing()) == grows
