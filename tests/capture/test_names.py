"""Every kind of holder is reached, and every reference has the name its author gave it."""

from __future__ import annotations

import array
import asyncio
import collections
import contextvars
import datetime
import functools
import gc
import sys
import threading
import types
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import leakguard
from leakguard.image import EdgeKind, HeapImage, RootKind, TypeKind

if TYPE_CHECKING:
    from collections.abc import Iterator


class Held:
    """What each holder below holds."""


class View:
    """An image, asked about objects of the process it was taken from."""

    def __init__(self, image: HeapImage) -> None:
        self.image = image
        self.node = {address: node for node, address in enumerate(image.node_address)}

    def references(self, holder: object) -> dict[int, tuple[EdgeKind, str]]:
        """Address of each object that the holder refers to -> how."""
        return self.references_of(self.node[id(holder)])

    def references_of(self, node: int) -> dict[int, tuple[EdgeKind, str]]:
        found = {}
        for edge in self.image.edges(node):
            label = self.image.label(edge)
            target = self.image.node_address[self.image.edge_target[edge]]
            found[target] = (label.kind, label.name)
        return found

    def attribute(self, holder: object, held: object) -> str | None:
        """The attribute that holds it: directly, or where this CPython keeps it, in the dict."""
        found = self.references(holder)
        for address, how in list(found.items()):
            if how == (EdgeKind.SLOT, "__dict__"):
                found |= self.references_of(self.node[address])
        kind, name = found.get(id(held), (None, ""))
        return name if kind in (EdgeKind.ATTR, EdgeKind.KEY) else None

    def path(self, holder: object, *steps: object) -> list[tuple[EdgeKind, str]]:
        """The names along holder -> steps[0] -> steps[1] …"""
        names = []
        for step in steps:
            names.append(self.references(holder)[id(step)])
            holder = step
        return names


@pytest.fixture(params=["fork", "inline"])
def method(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def look(method: Any = "fork") -> View:
    return View(leakguard.snapshot(method=method))


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


def test_generators_and_coroutines(method: str) -> None:
    def generate() -> Iterator[object]:
        kept_by_generator = Held()
        yield kept_by_generator

    async def work() -> None:
        kept_by_coroutine = Held()
        found.append(kept_by_coroutine)
        await pause()

    @types.coroutine
    def pause() -> Iterator[None]:
        yield

    found: list[object] = []
    generator = generate()
    found.append(next(generator))
    coroutine = work()
    coroutine.send(None)
    view = look(method)
    assert view.references(generator)[id(found[0])] == (EdgeKind.LOCAL, "kept_by_generator")
    assert view.references(coroutine)[id(found[1])] == (EdgeKind.LOCAL, "kept_by_coroutine")
    ident = view.image.ident_of(view.node[id(coroutine)])
    assert ident is not None
    assert ident.name.endswith("test_generators_and_coroutines.<locals>.work")
    coroutine.close()


def test_tasks_of_a_running_loop() -> None:
    async def wait_long() -> None:
        kept_by_task = Held()
        found.append(kept_by_task)
        await asyncio.sleep(60)

    async def main() -> View:
        task = asyncio.create_task(wait_long(), name="waiting")
        await asyncio.sleep(0)
        view = await asyncio.to_thread(look)
        node = view.node[id(task)]
        assert view.image.type_kind[view.image.node_type[node]] == TypeKind.TASK
        coroutine = task.get_coro()
        assert view.references(coroutine)[id(found[0])] == (EdgeKind.LOCAL, "kept_by_task")
        task.cancel()
        return view

    found: list[object] = []
    asyncio.run(main())


def test_locals_of_running_threads(method: str) -> None:
    ready, done = threading.Event(), threading.Event()
    found: list[object] = []

    def worker() -> None:
        kept_by_thread = Held()
        found.append(kept_by_thread)
        ready.set()
        done.wait()

    thread = threading.Thread(target=worker, name="the worker")
    thread.start()
    ready.wait()
    kept_here = Held()
    view = look(method)
    done.set()
    thread.join()
    image = view.image
    locals_seen = {}
    for root, kind in zip(image.root_node, image.root_kind, strict=True):
        if kind != RootKind.THREAD:
            continue
        name = image.ident_of(root)
        assert name is not None
        for edge in image.edges(root):
            frame = image.edge_target[edge]
            for target, how in view.references_of(frame).items():
                locals_seen[target] = (name.name, how)
    assert locals_seen[id(found[0])] == ("the worker", (EdgeKind.LOCAL, "kept_by_thread"))
    assert locals_seen[id(kept_here)][1] == (EdgeKind.LOCAL, "kept_here")


def test_a_thread_inside_a_specialised_init(method: str) -> None:
    """3.13 puts a shim frame without a function between a hot call of a class and its __init__."""
    ready, done = threading.Event(), threading.Event()

    class Slow:
        def __init__(self, wait: bool) -> None:
            kept_by_init = [self]
            if wait:
                ready.set()
                done.wait()
            kept_by_init.clear()

    def worker() -> None:
        for round_ in range(5000):
            Slow(round_ == 4999)

    thread = threading.Thread(target=worker)
    thread.start()
    ready.wait()
    try:
        view = look(method)
    finally:
        done.set()
        thread.join()
    names = [view.image.ident_of(node) for node in view.image.named_node]
    assert any(ident is not None and ident.name.endswith("Slow.__init__") for ident in names)


def test_context_variables(method: str) -> None:
    held = Held()
    variables = [contextvars.ContextVar[object](f"variable_{i}") for i in range(40)]
    context = contextvars.copy_context()
    for variable in variables:
        context.run(variable.set, held if variable is variables[17] else [variable])
    view = look(method)
    reached, pending = {}, [view.node[id(context)]]
    while pending:
        node = pending.pop()
        for target, how in view.references_of(node).items():
            child = view.node[target]
            kind = view.image.type_kind[view.image.node_type[child]]
            if kind == TypeKind.HAMT:
                pending.append(child)
            reached[target] = how
    assert reached[id(held)] == (EdgeKind.CONTEXT_VAR, "variable_17")


def test_thread_locals(method: str) -> None:
    held = Held()
    local = threading.local()
    local.kept = held
    view = look(method)
    names = local.__dict__
    assert view.references(names)[id(held)] == (EdgeKind.KEY, "kept")
    reached, pending = {id(local)}, [view.node[id(local)]]
    while pending:
        for target in view.references_of(pending.pop()):
            if target not in reached and len(reached) < 500:
                reached.add(target)
                pending.append(view.node[target])
    assert id(held) in reached


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


def test_exceptions_hold_frames(method: str) -> None:
    def fail() -> None:
        kept_by_traceback = Held()
        found.append(kept_by_traceback)
        raise ValueError("never shown")

    found: list[object] = []
    try:
        fail()
    except ValueError as caught:
        error = caught
    traceback = error.__traceback__
    assert traceback is not None
    assert traceback.tb_next is not None
    frame = traceback.tb_next.tb_frame
    view = look(method)
    assert view.path(error, traceback, traceback.tb_next, frame, found[0]) == [
        (EdgeKind.SLOT, "__traceback__"),
        (EdgeKind.SLOT, "tb_next"),
        (EdgeKind.SLOT, "tb_frame"),
        (EdgeKind.LOCAL, "kept_by_traceback"),
    ]


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
