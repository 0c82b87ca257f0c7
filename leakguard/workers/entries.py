"""A worker's entry: a small file whose lock says that the process lives.

The kernel lets go of the lock when the process ends, however that happens. A pid alone would not
do: it is given to somebody else.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from leakguard.workers import locks
from leakguard.workers.places import DEAD, DRAFT, LAST_WORDS, LIVE

_MAX_ENTRY = 4096
_STAT = Path("/proc/self/stat")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a worker says of itself when it registers. `started` is the process's, in Unix time."""

    app: str
    pid: int
    ppid: int
    ticks: int | None
    """When the process started, in clock ticks since the system's boot; None if nobody tells."""
    started: float
    leakguard: str
    master: int | None = None
    """The process that started this one, if it runs the same interpreter: a server's master."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A worker that is or was. `ended` is when its end was noticed, in Unix time; None: it lives.

    The process is away from then on, or a little earlier.
    """

    facts: Facts
    path: Path
    """The folder of its app."""
    stem: str
    """What its files are called, without the ending."""
    ended: float | None = None

    @property
    def alive(self) -> bool:
        """Whether the process held its lock when the entry was read."""
        return self.ended is None

    @property
    def pid(self) -> int:
        """The process's id: its own, which may be another process's once it has ended."""
        return self.facts.pid


def facts_of_this_process(app: str, version: str) -> Facts:
    """Who this process is."""
    ticks = _start_ticks()
    started = round(_started(ticks), 2)
    return Facts(app, os.getpid(), os.getppid(), ticks, started, version, master())


def publish(folder: int, facts: Facts) -> tuple[str, int]:
    """Write and lock an entry; its stem, and the descriptor that holds the lock.

    It appears under its name when it is locked: nobody takes a newcomer for dead.
    """
    stem = f"{facts.pid}-{secrets.token_hex(4)}"
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(stem + DRAFT, flags, 0o600, dir_fd=folder)
    try:
        locks.take(descriptor)
        os.write(descriptor, json.dumps(asdict(facts)).encode())
        os.rename(stem + DRAFT, stem + LIVE, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.close(descriptor)
        with contextlib.suppress(OSError):
            os.unlink(stem + DRAFT, dir_fd=folder)
        raise
    return stem, descriptor


def read(folder: int, path: Path, name: str) -> Entry | None:
    """The entry in a file called `name`; None if it is none, or is gone by now."""
    stem, ending = split(name)
    if ending not in (LIVE, DEAD):
        return None
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
        descriptor = open_checked(folder, name)
        try:
            facts = _facts(json.loads(os.read(descriptor, _MAX_ENTRY)))
            ended = os.fstat(descriptor).st_mtime if ending == DEAD else None
        finally:
            os.close(descriptor)
        return Entry(facts, path, stem, ended)
    return None


def is_locked(folder: int, name: str) -> bool:
    """Whether the process that made this entry lives. False also if the file is gone.

    True in doubt, as when this process may open no more files: nobody is buried by mistake.
    """
    try:
        descriptor = open_checked(folder, name)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        return locks.is_held(descriptor)
    finally:
        os.close(descriptor)


def bury(folder: int, stem: str) -> None:
    """Give the entry of a process that has ended the name that says so; once, by whoever is first.

    The time of the file becomes the time of its end.
    """
    now = time.time()
    try:
        os.utime(stem + LIVE, (now, now), dir_fd=folder, follow_symlinks=False)
        os.rename(stem + LIVE, stem + DEAD, src_dir_fd=folder, dst_dir_fd=folder)
    except FileNotFoundError:
        pass  # somebody else noticed it too


def remove(folder: int, stem: str) -> None:
    """Take away the entry of this process, and its last words."""
    for ending in (LIVE, LAST_WORDS):
        with contextlib.suppress(OSError):
            os.unlink(stem + ending, dir_fd=folder)


def split(name: str) -> tuple[str, str]:
    """A file's name without its ending, and the ending with its dot."""
    stem, dot, ending = name.rpartition(".")
    return (stem, dot + ending) if stem else (name, "")


def open_checked(folder: int, name: str) -> int:
    """A descriptor of a plain file of this user. OSError if it is anything else."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(name, flags, dir_fd=folder)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        os.close(descriptor)
        raise OSError(f"{name} is no file of this user")
    return descriptor


def _facts(data: dict[str, Any]) -> Facts:
    ticks, above = data["ticks"], data.get("master")
    return Facts(
        app=str(data["app"]),
        pid=int(data["pid"]),
        ppid=int(data["ppid"]),
        ticks=None if ticks is None else int(ticks),
        started=float(data["started"]),
        leakguard=str(data["leakguard"]),
        master=None if above is None else int(above),
    )


def master() -> int | None:
    """See `Facts.master`."""
    parent = os.getppid()
    try:
        same = Path(f"/proc/{parent}/exe").samefile("/proc/self/exe")
    except OSError:
        return None
    return parent if same else None


def _start_ticks() -> int | None:
    try:
        # The name of the program stands in parentheses, and may hold any character.
        return int(_STAT.read_bytes().rpartition(b")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None


def process_started() -> float:
    """When this process started, in Unix time."""
    return _started(_start_ticks())


def _started(ticks: int | None) -> float:
    if ticks is None or not hasattr(time, "CLOCK_BOOTTIME"):
        return time.time()
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return time.time() - max(age, 0.0)
