"""Capture in process, for where a child is refused: the walk holds the GIL, the rest does not."""

from __future__ import annotations

import json
import os
import threading
import time
from typing import TYPE_CHECKING

from leakguard.capture import allocations, crash, facts, native
from leakguard.capture.budget import memory_for
from leakguard.capture.fork import write_times
from leakguard.capture.outcome import Outcome
from leakguard.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leakguard.capture.budget import Budget


_turn = threading.RLock()  # the walk counts its memory in one place


def _after_fork() -> None:
    global _turn
    _turn = threading.RLock()  # a thread that held it is not in the new process


os.register_at_fork(after_in_child=_after_fork)


def capture(
    fd: int, notes: list[str], *, budget: Budget, samples: Mapping[int, tuple[str, int]] | None
) -> Outcome:
    """Write an image to `fd`. The server stands still for the walk, about 0.7 of a collection.

    CaptureError when memory runs out. A crash in a third party's C code would end the server, so
    this is used only where a child cannot be had.
    """
    began = time.perf_counter()
    memory = memory_for(budget)
    meta = json.dumps(facts.meta("inline", notes)).encode()
    with _turn:
        progress, pause_ns = native.walk().capture_inline(
            meta,
            facts.KEY_SALT,
            memory,
            fd,
            allocations.tables(),
            None if samples is None else allocations.pack(samples),
        )
    if progress.failure:
        raise CaptureError(crash.explain(0, progress, memory))
    wall = time.perf_counter() - began
    write_times(fd, progress.stats_offset, pause_ns, wall)
    return Outcome(
        method="inline",
        pause_seconds=pause_ns * 1e-9,
        wall_seconds=wall,
        cpu_seconds=progress.cpu_seconds,
        mapped_bytes=progress.mapped_bytes,
        notes=tuple(notes),
    )
