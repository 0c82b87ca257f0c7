"""The tree of paths: what is one path, what is counted where, what a summary keeps."""

from __future__ import annotations

import json
import zlib

import pytest

from leakguard.analysis import _pathtree
from leakguard.analysis.growth import Summary, Survey
from leakguard.analysis.growth_naming import PathNames
from leakguard.image import EdgeKind, Ident, RootKind, TypeKind

KB = 1000


def summarise(heap, keys=None, **more):
    with heap.builder.image() as image:
        return Survey(image, keys).summary(**more)


def counts(summary):
    """Objects by the dotted name of their path and their type, roots without a name left out."""
    names = PathNames(summary)
    return {
        (names.holder(index), path.type): path.count
        for index, path in enumerate(summary.paths)
        if path.parent >= 0
    }


def test_items_of_a_list_are_one_path(heap):
    held = heap.variable(heap.shop, "CARTS", "list", 8 * KB, TypeKind.LIST)
    heap.fill(held, 100, 50)
    heap.fill(held, 30, 50, "shop.Order")
    found = counts(summarise(heap))
    assert found["shop.CARTS", "list"] == 1
    assert found["shop.CARTS[]", "shop.Cart"] == 100
    assert found["shop.CARTS[]", "shop.Order"] == 30


def test_functions_of_different_names_are_different_paths(heap):
    held = heap.variable(heap.shop, "HOOKS", "list", 8 * KB, TypeKind.LIST)
    for name in ("a", "b"):
        heap.fill(held, 20, 150, "function", kind=TypeKind.FUNCTION, ident=Ident(f"shop.{name}"))
    paths = [path for path in summarise(heap).paths if path.type == "function"]
    assert sorted((path.name, path.count) for path in paths) == [("shop.a", 20), ("shop.b", 20)]


@pytest.mark.parametrize(
    ("kind", "slot"),
    [(TypeKind.METHOD, "__func__"), (TypeKind.PARTIAL, "func"), (TypeKind.TASK, "_coro")],
)
def test_methods_partials_and_tasks_go_by_their_function(heap, kind, slot):
    held = heap.variable(heap.shop, "HOOKS", "list", 8 * KB, TypeKind.LIST)
    for name in ("a", "b"):
        made = heap.node("function", 150, TypeKind.FUNCTION, ident=Ident(f"shop.{name}"))
        for wrapper in heap.fill(held, 10, 64, "wrapper", kind=kind):
            heap.edge(wrapper, EdgeKind.SLOT, slot, made)
    names = {path.name for path in summarise(heap).paths if path.type == "wrapper"}
    assert names == {"shop.a", "shop.b"}


def test_the_dict_of_an_instance_belongs_to_it(heap):
    cart = heap.instance(heap.shop, "CART", "shop.Cart")
    lines = heap.variable(cart, "lines", "list", 8 * KB, TypeKind.LIST)
    heap.fill(lines, 50, 60, "shop.Line")
    summary = summarise(heap)
    path = next(path for path in summary.paths if path.type == "shop.Cart")
    assert (path.count, path.inner, path.size) == (1, 1, 356)
    assert counts(summary)["shop.CART.lines[]", "shop.Line"] == 50


def test_an_attribute_is_the_same_in_a_dict_and_inline(heap):
    held = heap.variable(heap.shop, "CARTS", "list", 8 * KB, TypeKind.LIST)
    for at, cart in enumerate(heap.fill(held, 40, 56, flags=3)):
        lines = heap.node("list", 500, TypeKind.LIST)
        if at % 2:
            heap.edge(cart, EdgeKind.ATTR, "lines", lines)
        else:
            space = heap.slot(cart, "__dict__", "dict", 300, TypeKind.DICT)
            heap.edge(space, EdgeKind.KEY, "lines", lines)
    assert counts(summarise(heap))["shop.CARTS[].lines", "list"] == 40


def test_a_free_variable_names_the_path(heap):
    hook = heap.variable(
        heap.shop, "hook", "function", 150, TypeKind.FUNCTION, ident=Ident("shop.hook")
    )
    closure = heap.slot(hook, "__closure__", "tuple", 48, TypeKind.TUPLE)
    cell = heap.edge(closure, EdgeKind.CELL, "seen", heap.node("cell", 40, TypeKind.CELL))
    held = heap.slot(cell, "cell_contents", "list", 8 * KB, TypeKind.LIST)
    heap.fill(held, 30, 60)
    found = counts(summarise(heap))
    assert found["shop.hook free variable 'seen'[]", "shop.Cart"] == 30
    assert not any(kind in ("cell", "tuple") for _, kind in found)


def context(heap, depth):
    """A context whose mapping is `depth` nodes deep."""
    thread = heap.node("<thread>", 0, TypeKind.THREAD, ident=Ident("MainThread"))
    heap.builder.root(thread, RootKind.THREAD)
    below = heap.slot(thread, "context", "contextvars.Context", 48, TypeKind.CONTEXT)
    for _ in range(depth):
        below = heap.edge(below, EdgeKind.INDEX, 0, heap.node("hamt", 100, TypeKind.HAMT))
    held = heap.node("list", 8 * KB, TypeKind.LIST)
    heap.fill(heap.edge(below, EdgeKind.CONTEXT_VAR, "seen", held), 30, 60)
    return summarise(heap)


def test_the_depth_of_a_context_does_not_matter(heap):
    flat, deep = context(heap, 1), context(type(heap)(), 4)
    keys = [{p.key for p in summary.paths if p.type == "shop.Cart"} for summary in (flat, deep)]
    assert keys[0] == keys[1] != set()
    assert counts(deep)["context variable 'seen'[]", "shop.Cart"] == 30


def routes(heap, late):
    """A dict with two keys from the start and `late` more."""
    table = heap.variable(heap.shop, "ROUTES", "dict", 8 * KB, TypeKind.DICT)
    for at in range(2 + late):
        value = heap.node("list", 5 * KB, TypeKind.LIST)
        heap.edge(table, EdgeKind.DATA_KEY, 777 + at, value)
        heap.fill(value, 20, 60)
    return heap


def test_keys_of_warm_up_are_paths_of_their_own_and_later_ones_are_one(heap):
    first = summarise(routes(heap, 0))
    later = summarise(routes(type(heap)(), 9), first.keys)
    lists = [[p.count for p in s.paths if p.type == "list"] for s in (first, later)]
    assert lists == [[1, 1], [1, 1, 9]]
    assert {p.key for p in first.paths} <= {p.key for p in later.paths}
    assert later.keys == b""


def test_a_name_that_comes_late_to_a_known_dict_is_not_shown_as_a_name(heap):
    heap.variable(heap.shop, "BY_NAME", "dict", 8 * KB, TypeKind.DICT)
    first = summarise(heap)
    heap = type(heap)()
    table = heap.variable(heap.shop, "BY_NAME", "dict", 8 * KB, TypeKind.DICT)
    for at in range(20):
        heap.variable(table, f"user_{at}", "shop.Cart", 60)
    later = summarise(heap, first.keys)
    assert counts(later)["shop.BY_NAME[str]", "shop.Cart"] == 20
    assert b"user_" not in zlib.decompress(later.to_bytes())


def test_names_in_dicts_made_later_stay_names(heap):
    heap.variable(heap.shop, "ORDERS", "list", 8 * KB, TypeKind.LIST)
    first = summarise(heap)
    heap = type(heap)()
    held = heap.variable(heap.shop, "ORDERS", "list", 8 * KB, TypeKind.LIST)
    for order in heap.fill(held, 20, 300, "dict", kind=TypeKind.DICT):
        heap.variable(order, "lines", "list", 100, TypeKind.LIST)
    assert counts(summarise(heap, first.keys))["shop.ORDERS[]['lines']", "list"] == 20


def test_a_dict_of_many_keys_has_a_bounded_number_of_paths(heap):
    table = heap.variable(heap.shop, "USERS", "dict", 8 * KB, TypeKind.DICT)
    heap.fill(table, 5000, 60, edge=EdgeKind.DATA_KEY)
    with heap.builder.image() as image:
        survey = Survey(image)
        assert survey.tree.path_count < 300
    assert counts(summarise(heap))["shop.USERS[int]", "shop.Cart"] == 5000 - 256


def test_a_long_linked_list_is_a_few_paths(heap):
    owner = (heap.shop, EdgeKind.KEY, "head")
    for _ in range(50_000):
        node = heap.edge(*owner, heap.node("shop.Node", 64, flags=3))
        owner = (node, EdgeKind.ATTR, "next")
    summary = summarise(heap)
    assert [path.count for path in summary.paths if path.type == "shop.Node"] == [1, 1, 49_998]


def test_the_event_loop_is_a_root_of_its_own(heap):
    loop = heap.variable(
        heap.lib, "loop", "asyncio.unix_events._UnixSelectorEventLoop", 64, flags=3
    )
    ready = heap.edge(loop, EdgeKind.ATTR, "_ready", heap.node("deque", 8 * KB, TypeKind.DEQUE))
    heap.fill(ready, 30, 100, "asyncio.events.Handle")
    holder = "asyncio.unix_events._UnixSelectorEventLoop._ready[]"
    assert counts(summarise(heap))[holder, "asyncio.events.Handle"] == 30


def test_weak_containers_come_last(heap):
    table = heap.instance(heap.shop, "BY_ID", "weakref.WeakValueDictionary")
    data = heap.variable(table, "data", "dict", 8 * KB, TypeKind.DICT)
    held = heap.variable(heap.shop, "deep", "list", 8 * KB, TypeKind.LIST)
    inner = heap.edge(held, EdgeKind.INDEX, 0, heap.node("list", 8 * KB, TypeKind.LIST))
    carts = heap.fill(inner, 20, 60)
    for at, cart in enumerate(carts):
        # as if the capture had seen a strong reference: the way through `data` is the shorter one
        heap.edge(data, EdgeKind.DATA_KEY, at, cart)
    summary = summarise(heap)
    assert counts(summary)["shop.deep[][]", "shop.Cart"] == 20
    weak = [path.type for path in summary.paths if path.flags & _pathtree.FLAG_WEAK]
    assert weak == ["dict"]


def test_what_no_module_reaches_hangs_on_what_nothing_unreached_refers_to(heap):
    inner = heap.node("ext.Buffer", 64)
    outer = heap.node("ext.Session", 64)
    heap.builder.root(inner, RootKind.C_HELD)
    heap.builder.root(outer, RootKind.C_HELD)
    heap.edge(outer, EdgeKind.ATTR, "buffer", inner)
    heap.fill(inner, 10, 60)
    summary = summarise(heap)
    chain = [link.type for link in PathNames(summary).chain(len(summary.paths) - 1, 1)]
    assert chain == ["ext.Session", "ext.Buffer", "shop.Cart"]


def test_what_nothing_refers_to_is_garbage(heap):
    cycle = heap.node("list", 8 * KB, TypeKind.LIST)
    heap.edge(cycle, EdgeKind.INDEX, 0, cycle)
    heap.fill(cycle, 9, 100)
    summary = summarise(heap)
    assert (summary.garbage_objects, summary.garbage_bytes) == (10, 8900)


def test_other_owners(heap):
    one = heap.variable(heap.shop, "ARCHIVE", "list", 8 * KB, TypeKind.LIST)
    other = heap.variable(heap.shop, "INDEX", "dict", 8 * KB, TypeKind.DICT)
    for at, cart in enumerate(heap.fill(one, 40, 60)):
        if at < 30:
            heap.edge(other, EdgeKind.DATA_KEY, at, cart)
        lines = heap.edge(cart, EdgeKind.ATTR, "lines", heap.node("list", 60, TypeKind.LIST))
        heap.edge(lines, EdgeKind.INDEX, 0, cart)  # a reference back is no owner
    with heap.builder.image() as image:
        survey = Survey(image)
        summary = survey.summary()
        names = PathNames(summary)
        (cart,) = (at for at, path in enumerate(summary.paths) if path.type == "shop.Cart")
        owners = survey.other_owners([cart])[cart]
        assert {names.holder(owner): count for owner, count in owners.items()} == {"shop.INDEX": 30}
        assert survey.kept_path_of(survey.steps(cart)[-1].node) == cart


def test_a_summary_survives_being_written(heap):
    summary = summarise(routes(heap, 3), requests=120)
    assert Summary.from_bytes(summary.to_bytes()) == summary


@pytest.mark.parametrize(
    "data",
    [b"", b"nonsense", zlib.compress(b"[]"), zlib.compress(b'{"format": "other"}'),
     zlib.compress(json.dumps({"format": "leakguard-growth/1"}).encode())],
)  # fmt: skip
def test_anything_else_is_refused(data):
    with pytest.raises(ValueError, match=r"summary|format"):
        Summary.from_bytes(data)


def test_only_so_many_paths_are_kept(heap):
    for at in range(300):
        held = heap.variable(heap.shop, f"LIST_{at}", "list", 8 * KB, TypeKind.LIST)
        heap.fill(held, 9 + at, 60)
    summary = summarise(heap, most=100)
    assert len(summary.paths) <= 100
    assert counts(summary)["shop.LIST_299[]", "shop.Cart"] == 308
    assert all(path.parent < at for at, path in enumerate(summary.paths))
