"""What the portable capture finds in the shop's heap, and under which names."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING

import pytest
from portable_shop import SHOP, Heap, run

from leakguard.image import EdgeKind, HeapImage, RootKind, TypeKind

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def heap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Heap]:
    directory = tmp_path_factory.mktemp("shop")
    seed = secrets.token_hex(12)
    meta = {"app": "shop", "notes": ["by a test"], "capture": "portable"}
    run(
        directory,
        f"capture_portable(sys.argv[1] + '/shop.lgheap', meta={meta!r})",
        seed=seed,
    )
    path = directory / "shop.lgheap"
    with HeapImage.open(path) as image:
        yield Heap(image, path.read_bytes(), seed)


def test_no_value_is_in_the_file(heap: Heap) -> None:
    assert heap.seed.encode() not in heap.data


@pytest.mark.parametrize(
    "name",
    [
        "RECORDS", "padding", "note", "lines", "content", "unused", "original", "basket",
        "enclosed", "REQUEST", "session", "order", "parcel", "held", "failed", "attached_later",
    ],
)  # fmt: skip
def test_names_are_in_the_file(heap: Heap, name: str) -> None:
    assert name.encode() in heap.data


def test_what_the_image_says_of_itself(heap: Heap) -> None:
    meta, stats = heap.image.meta, heap.image.stats
    assert (meta["capture"], meta["app"], meta["notes"]) == ("portable", "shop", ["by a test"])
    assert stats[0] == heap.image.node_count + sum(heap.image.node_folded)
    assert stats[1] == sum(heap.image.node_size)
    assert stats[3] > 0
    assert stats[5] > 0


def test_a_module_level_list_of_dicts(heap: Heap) -> None:
    assert heap.roots[heap.module] is RootKind.MODULE
    records = heap.shop("RECORDS")
    items = [target for kind, _, _, target in heap.steps(records) if kind is EdgeKind.INDEX]
    assert [heap.kind(item) for item in items] == [TypeKind.DICT] * 3
    # key, value and padding are referred to once: leaves
    assert [heap.image.node_folded[item] for item in items] == [3, 3, 3]
    assert heap.image.node_size[items[0]] > 50_000
    assert heap.holders(records) == [heap.to(heap.module, EdgeKind.SLOT, "__dict__")]
    assert not {records, *items} & heap.roots.keys()


def test_data_keys_have_a_class_and_a_hash(heap: Heap) -> None:
    steps = heap.steps(heap.shop("NUMBERS"))
    keys = [(kind, name, value) for kind, name, value, _ in steps if kind is EdgeKind.DATA_KEY]
    assert [name for _, name, _ in keys] == ["int"] * 3
    assert len({value for _, _, value in keys}) == 3
    assert all(value & 0xFFFFFF not in range(10**6, 10**6 + 3) for _, _, value in keys)


def test_other_containers(heap: Heap) -> None:
    recent, members = heap.shop("RECENT"), heap.shop("MEMBERS")
    assert heap.kind(recent) is TypeKind.DEQUE
    assert heap.image.bound_of(recent) == 7
    assert heap.type(heap.to(recent, EdgeKind.INDEX, 1)) == "list"
    assert {kind for kind, *_ in heap.steps(members)} == {EdgeKind.SET_ITEM}


def test_leaves_are_folded_into_their_owner(heap: Heap) -> None:
    lines = heap.to(heap.shop("CART"), EdgeKind.ATTR, "lines")
    assert heap.image.node_folded[lines] == 2
    assert heap.steps(lines) == []
    assert heap.image.node_size[lines] > sys.getsizeof([1, 2]) + 2 * len(heap.seed)


def test_instance_attributes(heap: Heap) -> None:
    cart = heap.shop("CART")
    assert heap.type(cart) == "shop.Cart"
    lines = heap.to(cart, EdgeKind.ATTR, "lines")
    assert heap.holders(lines) == [cart]
    assert lines not in heap.roots
    klass = heap.to(cart, EdgeKind.SLOT, "__class__")
    assert heap.kind(klass) is TypeKind.TYPE
    assert klass == heap.shop("Cart")
    assert heap.to(heap.shop("OUTSIDE"), EdgeKind.ATTR, "attached_later") not in heap.roots
    assert heap.to(heap.shop("SLOTTED"), EdgeKind.ATTR, "content") not in heap.roots


def test_an_instance_whose_dict_was_asked_for(heap: Heap) -> None:
    opened = heap.shop("OPENED")
    namespace = heap.to(opened, EdgeKind.SLOT, "__dict__")
    first = heap.to(namespace, EdgeKind.KEY, "first")
    assert heap.holders(first) == [namespace]
    assert heap.holders(namespace) == [opened]
    assert not {namespace, first} & heap.roots.keys()


def test_where_a_class_was_defined(heap: Heap) -> None:
    ident = heap.image.type_ident_of(heap.image.node_type[heap.shop("CART")])
    assert ident is not None
    assert ident.name == "shop.Cart"
    assert ident.file is not None
    assert ident.file.endswith("shop.py")
    assert SHOP.splitlines()[(ident.line or 0) - 1].strip().startswith(("class Cart", "def __init"))


def test_a_closure_chain(heap: Heap) -> None:
    thing = heap.shop("thing")
    for _ in range(3):
        unused = heap.to(thing, EdgeKind.KEY, "unused")
        ident = heap.image.ident_of(unused)
        assert ident is not None
        assert ident.name == "shop.replace_thing.<locals>.unused"
        closure = heap.to(unused, EdgeKind.SLOT, "__closure__")
        cell = heap.to(closure, EdgeKind.CELL, "original")
        thing = heap.to(cell, EdgeKind.SLOT, "cell_contents")
        assert heap.kind(thing) is TypeKind.DICT
        assert not {unused, closure, cell, thing} & heap.roots.keys()


def test_locals_of_a_suspended_generator(heap: Heap) -> None:
    sale = heap.shop("SALE")
    ident = heap.image.ident_of(sale)
    assert ident is not None
    assert ident.name == "shop.sell"
    assert heap.type(heap.to(sale, EdgeKind.LOCAL, "basket")) == "list"
    cell = heap.to(sale, EdgeKind.LOCAL, "enclosed")
    assert heap.kind(cell) is TypeKind.CELL
    assert heap.type(heap.to(cell, EdgeKind.SLOT, "cell_contents")) == "list"
    assert heap.kind(heap.to(sale, EdgeKind.LOCAL, "inner")) is TypeKind.FUNCTION


def test_locals_of_a_suspended_coroutine(heap: Heap) -> None:
    task = heap.shop("TASK")
    assert heap.kind(task) is TypeKind.TASK
    coroutine = next(
        target for _, _, _, target in heap.steps(task) if heap.type(target) == "coroutine"
    )
    order = heap.to(coroutine, EdgeKind.LOCAL, "order")
    assert heap.holders(order) == [coroutine]
    assert not {coroutine, order} & heap.roots.keys()


def test_locals_of_a_running_thread(heap: Heap) -> None:
    threads = {
        ident.name: node
        for node, kind in heap.roots.items()
        if kind is RootKind.THREAD and (ident := heap.image.ident_of(node)) is not None
    }
    frames = [
        target for kind, _, _, target in heap.steps(threads["packer"]) if kind is EdgeKind.INDEX
    ]
    working = {}
    for frame in frames:
        ident = heap.image.ident_of(frame)
        assert ident is not None
        working[ident.name] = frame
    frame = working["shop.work"]
    assert heap.type(frame) == "<frame>"
    parcel = heap.to(frame, EdgeKind.LOCAL, "parcel")
    assert heap.holders(parcel) == [frame]
    cell = heap.to(frame, EdgeKind.LOCAL, "held")
    assert heap.kind(cell) is TypeKind.CELL
    assert not {parcel, cell} & heap.roots.keys()


def test_locals_that_a_traceback_keeps(heap: Heap) -> None:
    failure = heap.shop("FAILURE")
    assert heap.kind(failure) is TypeKind.EXCEPTION
    traceback = heap.to(failure, EdgeKind.SLOT, "__traceback__")
    inner = heap.to(traceback, EdgeKind.SLOT, "tb_next")
    frame = heap.to(inner, EdgeKind.SLOT, "tb_frame")
    assert heap.type(heap.to(frame, EdgeKind.LOCAL, "failed")) == "list"


def test_lru_caches(heap: Heap) -> None:
    price, title = heap.shop("price"), heap.shop("title")
    ident = heap.image.ident_of(price)
    assert ident is not None
    assert ident.name == "shop.price"
    assert (heap.kind(price), heap.image.bound_of(price)) == (TypeKind.LRU_CACHE, 5)
    assert heap.image.bound_of(title) is None
    result = heap.to(price, EdgeKind.SLOT, "cached result")
    assert heap.type(result) == "list"
    assert heap.holders(result) == [price]
    cache = heap.to(title, EdgeKind.SLOT, "cache")
    assert heap.type(heap.to(cache, EdgeKind.DATA_KEY, "str")) == "list"


def test_a_context_variable(heap: Heap) -> None:
    image = heap.image
    thread = next(
        node
        for node, kind in heap.roots.items()
        if kind is RootKind.THREAD and "context" in [name for _, name, *_ in heap.steps(node)]
    )
    context = heap.to(thread, EdgeKind.SLOT, "context")
    mapping = heap.to(context, EdgeKind.SLOT, "variables")
    node = heap.steps(mapping)[0][3]
    value = heap.to(node, EdgeKind.CONTEXT_VAR, "REQUEST")
    assert image.type_name(image.node_type[value]) == "list"
    assert context not in heap.roots


def test_thread_local_data(heap: Heap) -> None:
    local = heap.shop("LOCAL")
    assert heap.kind(local) is TypeKind.THREAD_LOCAL
    data = heap.to(local, EdgeKind.SLOT, "thread-local data")
    sessions = [
        heap.to(target, EdgeKind.KEY, "session")
        for _, _, _, target in heap.steps(data)
        if heap.type(target) == "dict"
    ]
    assert [heap.type(session) for session in sessions] == ["list"]


def test_methods_partials_and_functions(heap: Heap) -> None:
    method = heap.shop("METHOD")
    assert heap.to(method, EdgeKind.SLOT, "__self__") == heap.shop("CART")
    assert heap.kind(heap.to(method, EdgeKind.SLOT, "__func__")) is TypeKind.FUNCTION
    partial = heap.shop("PARTIAL")
    assert heap.kind(partial) is TypeKind.PARTIAL
    assert heap.to(partial, EdgeKind.ATTR, "func") == heap.shop("sell")
    annotated = heap.shop("annotated")
    assert heap.type(heap.to(annotated, EdgeKind.SLOT, "__annotations__")) == "dict"
    attributes = heap.to(annotated, EdgeKind.SLOT, "__dict__")
    assert heap.type(heap.to(attributes, EdgeKind.KEY, "marked")) == "list"


def test_nothing_of_the_walk_itself_is_in_the_image(heap: Heap) -> None:
    instances = {heap.type(node) for node in range(heap.image.node_count)}
    assert not [name for name in instances if name.startswith("leakguard.capture")]
    assert "leakguard.image.builder.ImageBuilder" not in instances
    assert max(len(heap.image.edges(node)) for node in range(heap.image.node_count)) < 20_000
    frames = [
        ident.name
        for node in range(heap.image.node_count)
        if heap.type(node) == "<frame>" and (ident := heap.image.ident_of(node)) is not None
    ]
    assert frames
    assert not [name for name in frames if name.startswith("leakguard")]


def test_few_objects_are_unexplained(heap: Heap) -> None:
    held = [
        node
        for node, kind in heap.roots.items()
        if kind is RootKind.C_HELD
        and heap.image.type_kind[heap.image.node_type[node]]
        in (TypeKind.LIST, TypeKind.FUNCTION, TypeKind.CELL, TypeKind.GENERATOR, TypeKind.OTHER)
    ]
    assert len(held) < 150
