"""Captures while everything else goes on: allocators, threads, an event loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from typing import TYPE_CHECKING, Any

import leftovers
import pytest

import leakguard
from leakguard.image import TypeKind

if TYPE_CHECKING:
    from collections.abc import Callable


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
