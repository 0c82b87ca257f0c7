"""Everything that can end a capture early: the message says what, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import in_background
import leftovers
import pytest

import leakguard
from leakguard import pipeline
from leakguard.capture import crash, native
from leakguard.errors import AnalysisError, CaptureError

if TYPE_CHECKING:
    from collections.abc import Callable


def killed(number: int) -> str:
    leakguard.snapshot().close()
    with leftovers.nothing_left(), in_background.capture_that_hangs() as running:
        os.kill(running.child, number)
        leftovers.eventually(lambda: running.messages, "the capture has ended")
    leakguard.snapshot().close()
    (message,) = running.messages
    return message


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGKILL, "killed from outside"),
        (signal.SIGTERM, "ended from outside by SIGTERM"),
        (signal.SIGRTMIN + 3, f"ended from outside by signal {signal.SIGRTMIN + 3}"),
    ],
)
def test_a_child_killed_from_outside(
    apart_misbehaving: Callable[..., Any], number: int, said: str
) -> None:
    message = apart_misbehaving(killed, int(number))
    assert said in message
    assert "unharmed" in message
    assert "tp_traverse" not in message


def analyser_killed() -> str:
    def shares(share: float) -> None:
        for child in leftovers.children():
            if child.name == "leakguard":
                for program in leftovers.children(child.pid):
                    os.kill(program.pid, signal.SIGKILL)

    objects = [[number] for number in range(200_000)]  # so that the analysis takes a while
    with leftovers.nothing_left(), pytest.raises(AnalysisError) as caught:
        pipeline.examine(on_progress=shares)
    del objects
    pipeline.examine()
    return str(caught.value)


def test_the_analyser_killed_from_outside(apart: Callable[..., Any]) -> None:
    assert "ended without an answer" in apart(analyser_killed)


def out_of_cpu_time() -> str:
    import misbehaving

    thing = misbehaving.Thing("spin")
    fd = os.memfd_create("image")
    meta = json.dumps({}).encode()
    with leftovers.nothing_left():
        child = native.walk().ChildCapture(meta, 0, 1 << 30, 1, [fd], None)
        assert child.wait(60_000)
        status = child.reap()
        del thing
    os.close(fd)
    return crash.explain(status, child.progress, 1 << 30)


def test_a_child_ends_when_its_cpu_time_is_used_up(apart_misbehaving: Callable[..., Any]) -> None:
    message = apart_misbehaving(out_of_cpu_time)
    assert "used up its CPU time" in message
    assert "misbehaving.Thing" in message


@pytest.mark.parametrize("method", ["fork", "inline"])
def test_a_memory_budget_that_is_too_small(method: Any) -> None:
    before = leftovers.memory("VmSize")
    with leftovers.nothing_left():
        for _ in range(10):
            with pytest.raises(CaptureError, match=r"memory budget of 1 MB .* raise memory_limit"):
                leakguard.snapshot(memory_limit=1 << 20, method=method)
    assert leftovers.memory("VmSize") - before < 8 << 20
    leakguard.snapshot(method=method).close()


def test_a_short_time_blames_no_type() -> None:
    with leftovers.nothing_left():
        with pytest.raises(CaptureError, match="longer than 1e-06 s") as caught:
            leakguard.snapshot(timeout=1e-6, method="fork")
        assert "tp_traverse" not in str(caught.value)
        assert "raise timeout" in str(caught.value)
        leakguard.snapshot().close()


@pytest.mark.parametrize("method", ["fork", "inline", "portable"])
def test_cancelled_before_it_began(method: Any) -> None:
    cancel = threading.Event()
    cancel.set()
    with leftovers.nothing_left(), pytest.raises(CaptureError, match="cancelled"):
        leakguard.snapshot(cancel=cancel, method=method)


def cancelled_on_the_way() -> tuple[str, float]:
    with leftovers.nothing_left(), in_background.capture_that_hangs() as running:
        began = time.monotonic()
        running.cancel.set()
        leftovers.eventually(lambda: running.messages, "the capture has ended")
        seconds = time.monotonic() - began
    leakguard.snapshot().close()
    return running.messages[0], seconds


def test_cancelled_on_the_way(apart_misbehaving: Callable[..., Any]) -> None:
    message, seconds = apart_misbehaving(cancelled_on_the_way)
    assert "cancelled" in message
    assert seconds < 10


class Interruption(BaseException):
    """As a signal handler may raise it."""


@pytest.mark.parametrize("error", [Interruption, OSError, ValueError])
def test_an_error_of_the_progress_callback_comes_through(error: type[BaseException]) -> None:
    calls = []

    def fails(share: float) -> None:
        calls.append(share)
        raise error("from the callback")

    with leftovers.nothing_left(), pytest.raises(error, match="from the callback"):
        leakguard.snapshot(on_progress=fails)
    assert len(calls) == 1
    leakguard.snapshot().close()


def test_a_signal_handler_ends_a_capture() -> None:
    def interrupt(number: int, frame: object) -> None:
        raise Interruption

    previous = signal.signal(signal.SIGALRM, interrupt)
    objects = [[number] for number in range(300_000)]
    try:
        with leftovers.nothing_left():
            for microseconds in range(500, 20_000, 1_500):
                try:
                    signal.setitimer(signal.ITIMER_REAL, microseconds * 1e-6)
                    leakguard.snapshot().close()
                    signal.setitimer(signal.ITIMER_REAL, 0)
                except Interruption:
                    continue
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    del objects
    leakguard.snapshot().close()


def forks_in_its_callback() -> dict[str, Any]:
    forked: list[int] = []

    def fork(share: float) -> None:
        if not forked:
            forked.append(os.fork())
            if forked[0] == 0:
                raise Interruption

    try:
        with leakguard.snapshot(on_progress=fork) as image:
            nodes = image.node_count
    except Interruption:  # in the forked process: what is not its own child must stay alone
        os._exit(7)
    return {"nodes": nodes, "status": os.waitstatus_to_exitcode(os.waitpid(forked[0], 0)[1])}


def test_a_process_forked_on_the_way_leaves_the_capture_alone(apart: Callable[..., Any]) -> None:
    result = apart(forks_in_its_callback)
    assert result["nodes"] > 1000
    assert result["status"] == 7
