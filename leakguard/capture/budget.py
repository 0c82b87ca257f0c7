"""What a capture may use: time, and memory that the machine really has left."""

from __future__ import annotations

import contextlib
import resource
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from leakguard.errors import CaptureError

LEAST_MEMORY = 48 << 20
"""Bytes below which not even a small heap can be walked."""

_CGROUP_FILES = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)


class Cancel(Protocol):
    """Something that says when to stop: a `threading.Event` is one."""

    def is_set(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Budget:
    """`seconds` of wall time for a capture; `memory_bytes` for its walk, None: what is left."""

    seconds: float = 60.0
    memory_bytes: int | None = None

    def __post_init__(self) -> None:
        if not self.seconds > 0:
            raise CaptureError(
                f"a capture cannot take {self.seconds} seconds: the time budget must be above 0"
            )
        if self.memory_bytes is not None and self.memory_bytes <= 0:
            raise CaptureError(
                f"a capture cannot use {self.memory_bytes} bytes: the memory budget must be above 0"
            )


def memory_for(budget: Budget) -> int:
    """Bytes that a walk may use: its budget, or half of what machine, cgroup and limits leave.

    Raises CaptureError when that is too little: a capture must not push the server into the
    out-of-memory killer.
    """
    try:
        left = _memory_left()
    except OSError as error:
        raise CaptureError(
            f"a capture cannot begin without knowing how much memory is left: {error.strerror}; "
            "the server has too many files open, or no /proc"
        ) from error
    if left // 2 < LEAST_MEMORY:
        raise CaptureError(
            f"only {left >> 20} MB of memory are left to this process, too little to capture its "
            "heap beside it; raise the container's memory limit or restart the worker"
        )
    return left // 2 if budget.memory_bytes is None else min(budget.memory_bytes, left // 2)


def _memory_left() -> int:
    left = int(psutil.virtual_memory().available)
    for limit_file, usage_file in _CGROUP_FILES:
        limit, usage = _number(limit_file), _number(usage_file)
        if limit is not None and usage is not None:
            left = min(left, max(0, limit - usage))
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        left = min(left, max(0, soft - int(psutil.Process().memory_info().vms)))
    return left


def _number(path: str) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        return int(Path(path).read_text())
    return None
