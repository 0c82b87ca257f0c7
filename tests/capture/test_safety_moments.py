"""Captures at awkward moments: objects half made, in a finalizer, under a signal."""

from __future__ import annotations

import asyncio
import gc
import signal
import weakref
from typing import TYPE_CHECKING, Any

import leftovers
import pytest

import leakguard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def check(method: Any) -> None:
    """An image that opens has been validated; sizes that add up to nonsense would be left."""
    with leakguard.snapshot(method=method) as image:
        assert 0 < image.stats[1] < 2 * leftovers.memory("VmSize")
        assert max(image.node_size) < leftovers.memory("VmSize")


class Key:
    def __init__(self, method: Any) -> None:
        self.method = method

    def __hash__(self) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        check(self.method)
        return False


class Finalized:
    def __init__(self, method: Any) -> None:
        self.method = method
        self.cycle = self

    def __del__(self) -> None:
        check(self.method)


class Node:
    """A weakly referenced member of a cycle."""


def while_sorting(method: Any) -> None:
    objects = [object() for _ in range(50)]

    def key(thing: object) -> int:
        if thing is objects_copy[25]:
            check(method)
        return id(thing)

    objects_copy = list(objects)
    objects.sort(key=key)


def while_building(method: Any) -> None:
    def items() -> Iterator[tuple[int, object]]:
        for number in range(30):
            if number == 20:
                check(method)
            yield number, object()

    for build in (tuple, list, dict, set, frozenset):
        build(items())


def while_comparing_keys(method: Any) -> None:
    first, second = Key(method), Key(method)
    table = {first: 1}
    table[second] = 2
    assert len({first, second}) == 2


def in_a_finalizer(method: Any) -> None:
    Finalized(method)
    assert gc.collect() > 0


def in_a_weak_reference_s_callback(method: Any) -> None:
    node: Any = Node()
    node.cycle = node
    called: list[object] = []
    reference = weakref.ref(node, lambda ref: called.append(check(method)))
    del node
    gc.collect()
    assert called == [None]
    del reference


def in_the_collector_s_callbacks(method: Any) -> None:
    phases = []

    def callback(phase: str, info: object) -> None:
        check(method)
        phases.append(phase)

    gc.callbacks.append(callback)
    try:
        gc.collect()
    finally:
        gc.callbacks.remove(callback)
    assert phases[:2] == ["start", "stop"]


def while_a_class_is_made(method: Any) -> None:
    class Meta(type):
        @classmethod
        def __prepare__(cls, *arguments: Any, **options: Any) -> dict[str, object]:
            check(method)
            return {}

        def __new__(cls, *arguments: Any) -> Any:
            made = super().__new__(cls, *arguments)
            check(method)
            return made

    class Part:
        def __set_name__(self, owner: type, name: str) -> None:
            check(method)

    class Made(metaclass=Meta):
        part = Part()

        def __init_subclass__(cls) -> None:
            check(method)

    class Below(Made):
        pass


def in_a_signal_handler(method: Any) -> None:
    called: list[object] = []
    previous = signal.signal(signal.SIGUSR1, lambda number, frame: called.append(check(method)))
    try:
        signal.raise_signal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, previous)
    assert called == [None]


def in_generators_and_coroutines(method: Any) -> None:
    def generator() -> Iterator[None]:
        check(method)
        yield
        check(method)

    async def coroutine() -> None:
        check(method)
        await asyncio.sleep(0)
        list(generator())

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(2):
                group.create_task(coroutine())

    asyncio.run(main())


def while_an_exception_is_handled(method: Any) -> None:
    try:
        raise ValueError("outer")
    except ValueError:
        try:
            raise KeyError("inner")
        except KeyError:
            check(method)


MOMENTS = [
    while_sorting,
    while_building,
    while_comparing_keys,
    in_a_finalizer,
    in_a_weak_reference_s_callback,
    in_the_collector_s_callbacks,
    while_a_class_is_made,
    in_a_signal_handler,
    in_generators_and_coroutines,
    while_an_exception_is_handled,
]


def awkward_moments(method: Any) -> int:
    with leftovers.nothing_left():
        for moment in MOMENTS:
            moment(method)
    return len(MOMENTS)


@pytest.mark.parametrize("method", ["fork", "inline"])
def test_awkward_moments(apart: Callable[..., Any], method: str) -> None:
    """Objects half made, lists taken apart by a sort or by the collector."""
    assert apart(awkward_moments, method) == len(MOMENTS)
