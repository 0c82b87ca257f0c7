"""Every kind of holder is reached, and every reference has the name its author gave it."""

from __future__ import annotations

import array
import collections
import datetime
import functools
import gc
import sys
import weakref
from typing import Any

import numpy as np
from looking import Held, look

import leakguard
from leakguard.image import EdgeKind, RootKind


class Plain:
    def __init__(self, held: object) -> None:
        self.first = [1]
        self.held = held


class Slotted:
    __slots__ = ("__weakref__", "held", "other")

    def __init__(self, held: object) -> None:
        self.other = [1]
        self.held = held


class SlottedChild(Slotted):
    def __init__(self, held: object) -> None:
        super().__init__([held])
        self.extra = held


def test_attributes(method: str) -> None:
    held = Held()
    holders = [Plain(held), Slotted(held)]
    child = SlottedChild(held)
    view = look(method)
    for holder in holders:
        assert view.path(holder, held) == [(EdgeKind.ATTR, "held")]
    assert view.attribute(child, held) == "extra"
    assert view.path(child, child.held, held) == [(EdgeKind.ATTR, "held"), (EdgeKind.INDEX, "")]
    assert view.references(holders[0])[id(Plain)] == (EdgeKind.SLOT, "__class__")


def test_materialised_dict(method: str) -> None:
    held = Held()
    holder = Plain(held)
    names = holder.__dict__
    names["late"] = late = Held()
    view = look(method)
    assert view.references(holder)[id(names)] == (EdgeKind.SLOT, "__dict__")
    assert view.attribute(holder, held) == "held"
    assert view.attribute(holder, late) == "late"


def test_containers(method: str) -> None:
    held = Held()
    pair = (1, held)
    mapping = {"name": held, "-".join(["not", "a", "name"]): Held(), 17: Held(), (1, "x"): Held()}
    dated = collections.OrderedDict(name=held)
    default = collections.defaultdict(list, name=held)
    bounded = collections.deque([held], maxlen=7)
    objects = np.array([None, held], dtype=object)
    view = look(method)
    assert view.path(pair, held) == [(EdgeKind.INDEX, "")]
    assert view.path(mapping, held) == [(EdgeKind.KEY, "name")]
    data_keys = {view.references(mapping)[id(v)] for k, v in mapping.items() if k != "name"}
    assert data_keys == {
        (EdgeKind.DATA_KEY, "str"),
        (EdgeKind.DATA_KEY, "int"),
        (EdgeKind.DATA_KEY, "tuple"),
    }
    assert view.path(dated, held) == [(EdgeKind.KEY, "name")]
    assert view.path(default, held) == [(EdgeKind.KEY, "name")]
    assert view.path(bounded, held) == [(EdgeKind.INDEX, "")]
    assert view.image.bound_of(view.node[id(bounded)]) == 7
    assert view.path(objects, held) == [(EdgeKind.INDEX, "")]


def test_sets(method: str) -> None:
    held = Held()
    plain, frozen = {held, 1}, frozenset({held, 2})
    view = look(method)
    assert view.path(plain, held) == [(EdgeKind.SET_ITEM, "")]
    assert view.path(frozen, held) == [(EdgeKind.SET_ITEM, "")]


class Bag(dict[str, object]):
    pass


class Row(list[object]):
    pass


def test_subclasses_of_containers(method: str) -> None:
    held, other = Held(), Held()
    bag = Bag(name=held)
    bag.label = other  # type: ignore[attr-defined]  # any attribute will do
    row = Row([held])
    row.label = other  # type: ignore[attr-defined]  # the same
    view = look(method)
    assert view.path(bag, held) == [(EdgeKind.KEY, "name")]
    assert view.path(row, held) == [(EdgeKind.INDEX, "")]
    for holder in (bag, row):
        assert view.attribute(holder, other) == "label"


def test_functions(method: str) -> None:
    held = Held()

    def inner(argument: object = held, *, keyword: object = held) -> object:
        return held

    bound = Plain(held).__init__
    partial = functools.partial(print, held)
    view = look(method)
    closure = inner.__closure__
    assert closure is not None
    assert view.path(inner, closure, closure[0], held) == [
        (EdgeKind.SLOT, "__closure__"),
        (EdgeKind.CELL, "held"),
        (EdgeKind.SLOT, "cell_contents"),
    ]
    assert view.path(inner, inner.__defaults__, held)[0] == (EdgeKind.SLOT, "__defaults__")
    assert view.path(inner, inner.__kwdefaults__)[0] == (EdgeKind.SLOT, "__kwdefaults__")
    assert view.path(bound, bound.__self__) == [(EdgeKind.SLOT, "__self__")]
    assert view.path(partial, partial.args, held)[0] == (EdgeKind.ATTR, "args")
    ident = view.image.ident_of(view.node[id(inner)])
    assert ident is not None
    assert ident.name == f"{__name__}.test_functions.<locals>.inner"
    assert ident.file == __file__
    assert ident.line == inner.__code__.co_firstlineno


def test_lru_caches(method: str) -> None:
    @functools.cache
    def unbounded(number: int) -> object:
        return Held()

    @functools.lru_cache(maxsize=5)
    def bounded(number: int) -> object:
        return Held()

    first, second = unbounded(1), bounded(1)
    view = look(method)
    assert view.image.bound_of(view.node[id(unbounded)]) is None
    assert view.image.bound_of(view.node[id(bounded)]) == 5
    ident = view.image.ident_of(view.node[id(unbounded)])
    assert ident is not None
    assert ident.name.endswith("test_lru_caches.<locals>.unbounded")
    assert id(second) in view.references(bounded)
    cache = next(
        address
        for address, _ in view.references(unbounded).items()
        if view.image.type_name(view.image.node_type[view.node[address]]) == "dict"
        and id(first) in view.references_of(view.node[address])
    )
    assert view.references_of(view.node[cache])[id(first)] == (EdgeKind.DATA_KEY, "int")


def test_weakref_callbacks_and_timezones(method: str) -> None:
    held = Held()

    def callback(_: object) -> None:
        return None

    reference = weakref.ref(held, callback)
    zone = datetime.timezone(datetime.timedelta(hours=1, seconds=5))
    moment = datetime.datetime(2026, 1, 1, tzinfo=zone)
    view = look(method)
    assert view.references(reference)[id(callback)] == (EdgeKind.SLOT, "__callback__")
    assert id(held) not in view.references(reference)
    assert view.references(moment)[id(zone)] == (EdgeKind.ATTR, "tzinfo")


def test_frozen_objects(method: str) -> None:
    held = [Held() for _ in range(1000)]
    gc.collect()
    gc.freeze()
    try:
        assert held[0] not in gc.get_objects()
        view = look(method)
        assert all(id(one) in view.node for one in held)
    finally:
        gc.unfreeze()


def test_modules_and_classes(method: str) -> None:
    view = look(method)
    module = view.node[id(sys.modules["leakguard"])]
    kinds = dict(zip(view.image.root_node, view.image.root_kind, strict=True))
    assert kinds[module] == RootKind.MODULE
    ident = view.image.ident_of(module)
    assert ident is not None
    assert (ident.name, ident.file) == ("leakguard", leakguard.__file__)
    assert view.references(leakguard)[id(vars(leakguard))] == (EdgeKind.SLOT, "__dict__")
    node = view.node[id(Plain)]
    assert view.image.type_name(view.image.node_type[node]) == "type"
    where = view.image.ident_of(node)
    assert where is not None
    assert (where.name, where.file) == (f"{__name__}.Plain", __file__)


def test_buffers_have_their_size(method: str) -> None:
    megabyte = 1 << 20
    owners: list[Any] = [
        bytearray(megabyte),
        array.array("b", bytes(megabyte)),
        collections.deque(range(megabyte // 8)),
        np.zeros(megabyte, "u1"),
        [None] * (megabyte // 8),
    ]
    twice = list(owners)  # an atom with one reference would be part of its owner
    view = look(method)
    assert len(twice) == len(owners)
    for owner in owners:
        size = view.image.node_size[view.node[id(owner)]]
        assert megabyte <= size < 6 * megabyte, type(owner)
    array_view = owners[3][10:]
    view = look(method)
    assert view.image.node_size[view.node[id(array_view)]] < 1000
    assert view.references(array_view)[id(owners[3])] == (EdgeKind.ATTR, "base")
