"""What the server shares with a capture's child: sockets, signals, its end, its memory."""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import in_background
import leftovers
import own_process
import pytest

import leakguard
from leakguard.capture import native

if TYPE_CHECKING:
    from collections.abc import Callable

SLEEP = [b"/bin/sleep", b"600"]


def sockets_meanwhile() -> dict[str, Any]:
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    client = socket.create_connection(("127.0.0.1", port))
    served, _ = listening.accept()
    with in_background.capture_that_hangs() as running:
        served.close()
        client.settimeout(30)
        end = client.recv(1) == b""
        listening.close()
        again = socket.create_server(("127.0.0.1", port))
        kept = leftovers.descriptors(running.child)
        living = not running.messages
    again.close()
    client.close()
    return {"end": end, "rebound": True, "kept": sorted(kept.items()), "capture lives": living}


def test_sockets_close_when_the_server_closes_them(apart_misbehaving: Callable[..., Any]) -> None:
    result = apart_misbehaving(sockets_meanwhile)
    assert result["end"]
    assert result["capture lives"]
    assert [number for number, _ in result["kept"]] == [0, 1, 2, 3]
    assert not any("socket" in target for _, target in result["kept"])


def standard_streams_are_sockets() -> list[list[Any]]:
    """As under inetd, or in a daemon that closed them before it opened its own."""
    ours, theirs = socket.socketpair()
    kept = [os.dup(0), os.dup(1)]
    os.dup2(theirs.fileno(), 0)
    os.dup2(theirs.fileno(), 1)
    theirs.close()
    with in_background.capture_that_hangs() as running:
        inherited = leftovers.descriptors(running.child)
    for number, old in enumerate(kept):
        os.dup2(old, number)
        os.close(old)
    ours.close()
    return [[number, target] for number, target in inherited.items() if "socket" in target]


def test_standard_streams_are_not_kept_open(apart_misbehaving: Callable[..., Any]) -> None:
    assert apart_misbehaving(standard_streams_are_sockets) == []


def signals_meanwhile() -> dict[str, Any]:
    ours, waking = socket.socketpair()
    ours.setblocking(False)
    waking.setblocking(False)
    handled: list[int] = []
    numbers = [signal.SIGUSR1, signal.SIGINT, signal.SIGHUP, signal.SIGWINCH, signal.SIGTERM]
    for number in numbers:
        signal.signal(number, lambda number, frame: handled.append(number))
    previous = signal.set_wakeup_fd(waking.fileno())
    with leftovers.nothing_left(), in_background.capture_that_hangs() as running:
        for number in numbers:
            os.kill(running.child, number)
        leftovers.eventually(lambda: running.messages, "SIGTERM has ended the capture")
        try:
            woken = ours.recv(64).hex()
        except BlockingIOError:
            woken = ""
        signal.raise_signal(signal.SIGUSR1)
        woken_by_own = ours.recv(64)[0]
    signal.set_wakeup_fd(previous)
    ours.close()
    waking.close()
    return {
        "woken": woken,
        "own": woken_by_own == signal.SIGUSR1,
        "handled": handled == [signal.SIGUSR1],
        "said": running.messages[0],
    }


def test_signals_to_the_child_do_not_reach_the_server(
    apart_misbehaving: Callable[..., Any],
) -> None:
    result = apart_misbehaving(signals_meanwhile)
    assert result["woken"] == ""
    assert result["own"]
    assert result["handled"]
    assert "SIGTERM" in result["said"]


def masks() -> list[bool]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    leakguard.snapshot().close()
    after = signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return [after == blocked, signal.SIGUSR2 in after]


def test_the_server_s_signal_mask_is_as_before(apart: Callable[..., Any]) -> None:
    assert apart(masks) == [True, True]


def hang_until_killed() -> None:
    with in_background.capture_that_hangs():
        time.sleep(600)


def ended(pid: int) -> bool:
    """Gone, or a zombie that its new parent has yet to reap."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


def killed_with_its_server(function: Callable[..., Any], misbehaving: Path) -> list[int]:
    command = own_process.command(function, folder=misbehaving)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as server:
        child = leftovers.capture_child(server.pid)
        programs: list[int] = []
        if function is become_a_program:
            leftovers.eventually(
                lambda: [program.name for program in leftovers.children(child)] == ["sleep"],
                "the program runs",
            )
            programs = [program.pid for program in leftovers.children(child)]
        server.kill()
        pids = [child, *programs]
        leftovers.eventually(lambda: all(map(ended, pids)), "the capture has ended with it")
    return pids


def test_a_killed_server_takes_its_capture_along(misbehaving: Path) -> None:
    assert len(killed_with_its_server(hang_until_killed, misbehaving)) == 1


def child_with_a_program() -> Any:
    fd = os.memfd_create("image")
    meta = json.dumps({}).encode()
    child = native.walk().ChildCapture(meta, 0, 1 << 30, 60, [fd], SLEEP)
    os.close(fd)
    return child


def become_a_program() -> None:
    child = child_with_a_program()
    child.wait(600_000)


def test_a_killed_server_takes_its_analyser_along(misbehaving: Path) -> None:
    assert len(killed_with_its_server(become_a_program, misbehaving)) == 2


def while_the_program_runs() -> dict[str, Any]:
    heap = [bytearray(1 << 16) for _ in range(1000)]
    with leftovers.nothing_left():
        child = child_with_a_program()
        leftovers.eventually(
            lambda: [program.name for program in leftovers.children(child.pid)] == ["sleep"],
            "the program runs",
        )
        (program,) = leftovers.children(child.pid)
        smaps = Path(f"/proc/{child.pid}/smaps_rollup")
        ours = leftovers.memory("RssAnon")

        def resident() -> int:
            lines = smaps.read_text().splitlines()
            return next(int(line.split()[1]) for line in lines if line.startswith("Anonymous:"))

        leftovers.eventually(lambda: resident() << 10 < ours // 4, "its pages are given back")
        child.kill()
        child.reap()
        gone = ended(program.pid)
    del heap
    return {"gone": gone, "ours": ours}


def test_while_the_analyser_runs_no_page_is_shared(apart: Callable[..., Any]) -> None:
    result = apart(while_the_program_runs)
    assert result["gone"]  # before its parent: no orphan for the container's first process
    assert result["ours"] > 64 << 20


class Item:
    def __init__(self, number: int) -> None:
        self.number = number
        self.name = f"item {number}"
        self.tags = [number]


def memory_after_many(how: str, times: int) -> list[int]:
    objects = [Item(number) for number in range(75_000)]
    gc.collect()

    def look() -> None:
        if how == "examine":
            leakguard.examine()
        else:
            leakguard.snapshot(method=how).close()

    for _ in range(3):
        look()
    gc.collect()
    before = leftovers.memory("VmRSS")
    for _ in range(times):
        look()
    gc.collect()
    after = leftovers.memory("VmRSS")
    assert len(objects) == 75_000
    return [before, after]


@pytest.mark.parametrize(("how", "times"), [("fork", 20), ("inline", 20), ("examine", 8)])
def test_many_captures_leave_the_server_s_memory_as_it_was(
    apart: Callable[..., Any], how: str, times: int
) -> None:
    before, after = apart(memory_after_many, how, times)
    assert abs(after - before) < before / 100


def limits_and_priority() -> dict[str, Any]:
    with in_background.capture_that_hangs() as running:
        folder = Path(f"/proc/{running.child}")
        limits = {
            line[:26].strip(): line[26:].split()[0]
            for line in (folder / "limits").read_text().splitlines()
        }
        oom = (folder / "oom_score_adj").read_text().strip()
    return {
        "core": limits["Max core file size"],
        "cpu": limits["Max cpu time"],
        "oom": oom,
        "ours": Path("/proc/self/oom_score_adj").read_text().strip(),
    }


def test_the_child_goes_first_and_leaves_no_core(apart_misbehaving: Callable[..., Any]) -> None:
    result = apart_misbehaving(limits_and_priority)
    assert result["core"] == "0"
    assert int(result["cpu"]) <= 62
    assert result["oom"] == "1000"
    assert result["ours"] != "1000"
