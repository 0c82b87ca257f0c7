"""What code that runs or waits holds is reached by the names of its variables."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import types
from typing import TYPE_CHECKING

from looking import Held, View, look

from leakguard.image import EdgeKind, RootKind, TypeKind

if TYPE_CHECKING:
    from collections.abc import Iterator


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
