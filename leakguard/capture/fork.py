"""Capture in a forked child: the server pauses for the fork alone."""

from __future__ import annotations

import json
import os
import struct
import time
from typing import TYPE_CHECKING

from leakguard.capture import allocations, crash, facts, native
from leakguard.capture.budget import memory_for
from leakguard.capture.outcome import Outcome
from leakguard.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leakguard.capture._walk import ChildCapture, Progress
    from leakguard.capture.budget import Budget, Cancel
    from leakguard.capture.outcome import OnProgress

_TICK_MILLISECONDS = 25
_STUCK_MILLISECONDS = 50
_LONGEST_SECONDS = 1 << 20
_PHASE_SHARES = {
    "starting": (0.0, 0.0),
    "enumerating": (0.0, 0.1),
    "references": (0.1, 0.7),
    "naming": (0.7, 0.75),
    "writing": (0.75, 0.8),
    "analysing": (0.8, 0.95),
    "ended": (1.0, 1.0),
}


class ChildRefusedError(Exception):
    """clone was denied: seccomp, a limit on processes, no memory to commit."""


def capture(
    fds: Sequence[int],
    notes: list[str],
    *,
    budget: Budget,
    on_progress: OnProgress | None,
    cancel: Cancel | None,
    then: Sequence[bytes] | None,
    samples: Mapping[int, tuple[str, int]] | None,
) -> Outcome:
    """Write an image to `fds[0]` from a child; with `then` the child becomes that program after it.

    The calling thread waits until the child has ended (the kernel ends the child with the thread
    that made it). ChildRefusedError, before anything is written; CaptureError when the child did
    not end well.
    """
    began = time.perf_counter()
    memory = memory_for(budget)  # first: it says clearly what it lacks
    meta = json.dumps(facts.meta("fork", notes)).encode()
    seconds = int(min(budget.seconds, _LONGEST_SECONDS)) + 1
    try:
        child = native.walk().ChildCapture(
            meta,
            facts.KEY_SALT,
            memory,
            seconds,
            list(fds),
            then,
            allocations.tables(),
            None if samples is None else allocations.pack(samples),
        )
    except OSError as error:
        raise ChildRefusedError(error.strerror) from error
    try:
        stopped = _follow(child, began, budget, on_progress, cancel)
    finally:
        child.kill()
        status = child.reap()
    progress: Progress = child.progress
    if stopped:
        raise CaptureError(stopped)
    if progress.failure or (progress.phase not in ("analysing", "ended")):
        raise CaptureError(crash.explain(status, progress, memory))
    wall = time.perf_counter() - began
    write_times(fds[0], progress.stats_offset, child.pause_ns, wall)
    return Outcome(
        method="fork",
        pause_seconds=child.pause_ns * 1e-9,
        wall_seconds=wall,
        cpu_seconds=progress.cpu_seconds,
        mapped_bytes=progress.mapped_bytes,
        notes=tuple(notes),
        analysed=progress.phase == "analysing",
    )


def _follow(
    child: ChildCapture,
    began: float,
    budget: Budget,
    on_progress: OnProgress | None,
    cancel: Cancel | None,
) -> str:
    """Wait for the child's end; why it must be stopped before, "" if it need not."""
    progress: Progress = child.progress
    told = 0.0
    while True:
        left = budget.seconds - (time.perf_counter() - began)
        if left <= 0:
            before = progress.processed
            child.wait(_STUCK_MILLISECONDS)
            return crash.too_slow(budget.seconds, progress, stuck=progress.processed == before)
        watching = on_progress is not None or cancel is not None
        wait = _TICK_MILLISECONDS if watching else _LONGEST_SECONDS * 1000
        ended = child.wait(min(int(min(left, _LONGEST_SECONDS) * 1000) + 1, wait))
        if on_progress is not None:
            told = max(told, _share(progress))
            on_progress(told)
        if ended:
            return ""
        if cancel is not None and cancel.is_set():
            return "the capture was cancelled; the server is unharmed"


def _share(progress: Progress) -> float:
    """The share done; among references it can fall back, as more objects are discovered."""
    low, high = _PHASE_SHARES[progress.phase]
    done = progress.processed / progress.expected if progress.expected else 0.0
    return low + (high - low) * min(1.0, done) if progress.phase == "references" else low


def write_times(fd: int, stats_offset: int, pause_ns: int, wall_seconds: float) -> None:
    """Pause and wall time are known only to the parent, and only afterwards."""
    os.pwrite(fd, struct.pack("<QQ", pause_ns, int(wall_seconds * 1e9)), stats_offset + 3 * 8)
