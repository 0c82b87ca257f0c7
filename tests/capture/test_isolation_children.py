"""The application's own children: their ends are seen by the application, a capture's are not."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any

import in_background
import leftovers
import pytest

import leakguard
from leakguard import pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

SNAPSHOTS = 8


def look(how: str) -> None:
    if how == "examine":
        pipeline.examine()
    else:
        leakguard.snapshot(method="fork").close()


def reaps_in_a_handler(how: str) -> dict[str, Any]:
    reaped: list[int] = []
    signals = 0

    def reap(number: int, frame: object) -> None:
        nonlocal signals
        signals += 1
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            reaped.append(pid)

    signal.signal(signal.SIGCHLD, reap)
    for _ in range(SNAPSHOTS):
        look(how)
    before = signals
    own = os.posix_spawn(sys.executable, [sys.executable, "-S", "-c", ""], os.environ)
    leftovers.eventually(lambda: own in reaped, "the application's own child is reaped")
    return {"signals": before, "others": [pid for pid in reaped if pid != own]}


@pytest.mark.parametrize("how", ["snapshot", "examine"])
def test_a_handler_that_reaps_everything(apart: Callable[..., Any], how: str) -> None:
    assert apart(reaps_in_a_handler, how) == {"signals": 0, "others": []}


def thief(how: str) -> dict[str, Any]:
    read_end, write_end = os.pipe()
    # a child of the application's own, so that the thief has something to wait for
    own = os.fork()
    if own == 0:
        os.close(write_end)
        os.read(read_end, 1)
        os._exit(5)
    stolen: list[tuple[int, int]] = []

    def steal() -> None:
        while True:
            try:
                stolen.append(os.waitpid(-1, 0))
            except ChildProcessError:
                return

    thread = threading.Thread(target=steal)
    thread.start()
    for _ in range(SNAPSHOTS):
        look(how)
    before = len(stolen)
    os.close(write_end)
    thread.join()
    os.close(read_end)
    return {"before": before, "all": [[pid == own, status >> 8] for pid, status in stolen]}


@pytest.mark.parametrize("how", ["snapshot", "examine"])
def test_a_thread_that_waits_for_any_child(apart: Callable[..., Any], how: str) -> None:
    assert apart(thief, how) == {"before": 0, "all": [[True, 5]]}


def children_ignored(how: str) -> int:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with leftovers.nothing_left():
        for _ in range(3):
            look(how)
    return 3


@pytest.mark.parametrize("how", ["snapshot", "examine"])
def test_a_server_that_ignores_its_children(apart: Callable[..., Any], how: str) -> None:
    assert apart(children_ignored, how) == 3


def runs_programs(how: str) -> list[int]:
    async def program(code: int) -> int:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-S", "-c", f"raise SystemExit({code})"
        )
        return await process.wait()

    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        codes = []
        for start in range(1, 4 * SNAPSHOTS, 4):
            looking = loop.run_in_executor(None, look, how)
            codes += await asyncio.gather(*(program(start + step) for step in range(4)))
            await looking
        return codes

    return asyncio.run(main())


@pytest.mark.parametrize("how", ["snapshot", "examine"])
def test_exit_codes_of_asyncio_s_programs(apart: Callable[..., Any], how: str) -> None:
    assert apart(runs_programs, how) == list(range(1, 4 * SNAPSHOTS + 1))


def answer(queue: Any) -> None:
    with leakguard.snapshot() as image:
        queue.put([image.meta["pid"] == os.getpid(), image.node_count])


def forks_meanwhile() -> dict[str, Any]:
    # CPython warns of a fork beside threads; that is what is tried here
    warnings.simplefilter("ignore", DeprecationWarning)
    gc.disable()  # a collection in a forked process would hang in the type that keeps the capture
    with leftovers.nothing_left(), in_background.capture_that_hangs() as running:
        pid = os.fork()
        if pid == 0:
            os._exit(0 if running.child not in [child.pid for child in leftovers.children()] else 1)
        forked = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        context = multiprocessing.get_context("fork")
        queue = context.SimpleQueue()
        process = context.Process(target=plain_answer, args=(queue,))
        process.start()
        got = queue.get()
        process.join()
        code = process.exitcode
        process.close()
        queue.close()
        ran = subprocess.run([sys.executable, "-S", "-c", "raise SystemExit(3)"], check=False)
        living = not running.messages
    return {
        "forked": forked,
        "queue": got,
        "process": code,
        "program": ran.returncode,
        "capture lives": living,
    }


def plain_answer(queue: Any) -> None:
    queue.put("from a process")


def test_the_application_forks_during_a_capture(apart_misbehaving: Callable[..., Any]) -> None:
    assert apart_misbehaving(forks_meanwhile) == {
        "forked": 0,
        "queue": "from a process",
        "process": 0,
        "program": 3,
        "capture lives": True,
    }


def workers_capture_themselves() -> list[list[Any]]:
    leakguard.snapshot().close()  # a worker inherits whatever this has set up
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    workers = [context.Process(target=answer, args=(queue,)) for _ in range(3)]
    with leftovers.nothing_left():
        for worker in workers:
            worker.start()
        leakguard.snapshot().close()
        answers = [queue.get() for _ in workers]
        for worker in workers:
            worker.join()
            assert worker.exitcode == 0
            worker.close()
    queue.close()
    return answers


def test_preforked_workers_capture_themselves(apart: Callable[..., Any]) -> None:
    for own, nodes in apart(workers_capture_themselves):
        assert own
        assert nodes > 1000
