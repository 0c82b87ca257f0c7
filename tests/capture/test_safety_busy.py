"""Captures while everything else goes on: allocators, collections, half-made objects."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import signal
import threading
import weakref
from typing import TYPE_CHECKING, Any

import leftovers
import pytest

import leakguard
from leakguard.image import TypeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def under_fire(times: int) -> dict[str, Any]:
    import misbehaving

    done = threading.Event()
    lock = threading.Lock()

    def churn() -> None:
        kept: list[object] = []
        while not done.wait(0.001):
            with lock:
                kept = [{"number": number, "kept": kept[-3:]} for number in range(200)]

    misbehaving.hammer(2)
    threads = [threading.Thread(target=churn) for _ in range(2)]
    for thread in threads:
        thread.start()
    nodes = []
    with leftovers.nothing_left():
        for _ in range(times):
            with leakguard.snapshot(method="fork") as image:
                nodes.append(image.node_count)
    done.set()
    misbehaving.calm()
    for thread in threads:
        thread.join()
    return {"times": len(nodes), "least": min(nodes)}


@pytest.mark.parametrize("arenas", [{}, {"MALLOC_ARENA_MAX": "1"}], ids=["default", "one arena"])
def test_threads_busy_in_malloc(
    apart_misbehaving: Callable[..., Any], arenas: dict[str, str]
) -> None:
    """A child that took a lock of malloc's would wait forever for a thread that is not there."""
    result = apart_misbehaving(under_fire, 30, environment=arenas)
    assert result["times"] == 30
    assert result["least"] > 1000


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


def from_several_threads(methods: list[Any]) -> list[int]:
    start = threading.Barrier(len(methods))
    objects = [[number] for number in range(20_000)]

    def capture(method: Any) -> int:
        start.wait()
        with leakguard.snapshot(method=method) as image:
            return image.node_count

    with (
        leftovers.nothing_left(),
        concurrent.futures.ThreadPoolExecutor(len(methods)) as pool,
    ):
        nodes = list(pool.map(capture, methods))
    del objects
    return nodes


@pytest.mark.parametrize(
    "methods", [["fork"] * 6, ["inline"] * 6, ["fork", "inline"] * 4], ids=["fork", "inline", "mix"]
)
def test_from_several_threads_at_once(apart: Callable[..., Any], methods: list[str]) -> None:
    nodes = apart(from_several_threads, methods)
    assert min(nodes) > 20_000
    assert max(nodes) < min(nodes) * 1.2


def from_a_named_thread(name: str) -> list[str]:
    found: list[str] = []

    def capture() -> None:
        with leakguard.snapshot() as image:
            for node, ident in zip(image.named_node, image.named_ident, strict=True):
                if image.type_kind[image.node_type[node]] == TypeKind.THREAD:
                    found.append(image.string(image.ident_name[ident]))

    thread = threading.Thread(target=capture, name=name)
    thread.start()
    thread.join()
    return found


@pytest.mark.parametrize("name", ["checkout worker", "a" + "é" * 120, "\N{SNAKE}" * 30, "x\0y"])
def test_from_a_thread_with_a_name(apart: Callable[..., Any], name: str) -> None:
    named = name.replace("\0", "")
    captured, other = sorted(apart(from_a_named_thread, name), key="MainThread".__eq__)
    assert other == "MainThread"
    assert captured
    assert named.startswith(captured)


def on_an_event_loop() -> dict[str, Any]:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    async def main() -> list[int]:
        ticking = asyncio.create_task(tick())
        loop = asyncio.get_running_loop()
        images = [await loop.run_in_executor(None, leakguard.snapshot) for _ in range(5)]
        ticking.cancel()
        nodes = [image.node_count for image in images]
        for image in images:
            image.close()
        return nodes

    nodes = asyncio.run(main())
    return {"nodes": nodes, "ticks": ticks}


def test_from_an_event_loop_s_executor(apart: Callable[..., Any]) -> None:
    result = apart(on_an_event_loop)
    assert min(result["nodes"]) > 1000
    assert result["ticks"] > 50
