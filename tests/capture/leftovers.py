"""What a capture could leave behind in a process: children, descriptors, memory."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Child:
    pid: int
    name: str
    state: str


def children(of: int | None = None) -> list[Child]:
    """The children of a process, zombies too; from the process table, not from wait()."""
    parent = of or os.getpid()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            head, _, rest = (entry / "stat").read_text().rpartition(")")
            state, its_parent = rest.split()[:2]
            if int(its_parent) == parent:
                found.append(Child(int(entry.name), head.partition("(")[2], state))
    return found


def descriptors(of: int | None = None) -> dict[int, str]:
    """Each open descriptor and what it stands for."""
    folder = Path(f"/proc/{of or os.getpid()}/fd")
    found = {}
    for entry in list(folder.iterdir()):
        with contextlib.suppress(OSError):
            target = str(entry.readlink())
            if not target.endswith("/fd"):  # the one that lists them
                found[int(entry.name)] = target
    return found


def memory(field: str) -> int:
    """A figure of /proc/self/status (VmRSS, VmSize, …) in bytes."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(field + ":"))
    return int(line.split()[1]) << 10


def eventually(condition: Callable[[], object], what: str, seconds: float = 30) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.002)


def capture_child(of: int | None = None) -> int:
    """The process id of the running capture, once there is one."""
    found: list[int] = []

    def look() -> bool:
        found[:] = [child.pid for child in children(of) if child.name == "leakguard"]
        return bool(found)

    eventually(look, "a child named leakguard")
    return found[0]


@contextlib.contextmanager
def nothing_left() -> Iterator[None]:
    """No child, living or zombie, and no descriptor that was not there before."""
    before_children, before = children(), descriptors()
    yield
    assert children() == before_children
    assert descriptors() == before
