"""Capture in a forked child: the server pauses for the fork alone."""

from __future__ import annotations

import json
import os
import struct
import time
from typing import TYPE_CHECKING

from leakguard.capture import crash, facts, native
from leakguard.capture.budget import memory_for
from leakguard.capture.outcome import Outcome
from leakguard.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.capture._walk import ChildCapture, Progress
    from leakguard.capture.budget import Budget, Cancel
    from leakguard.capture.outcome import OnProgress

_TICK_MILLISECONDS = 25
_PHASE_SHARES = {
    "starting": (0.0, 0.0),
    "enumerating": (0.0, 0.1),
    "references": (0.1, 0.7),
    "naming": (0.7, 0.75),
    "writing": (0.75, 0.8),
    "analysing": (0.8, 0.95),
    "ended": (1.0, 1.0),
}


def capture(
    fds: Sequence[int],
    notes: list[str],
    *,
    budget: Budget,
    on_progress: OnProgress | None,
    cancel: Cancel | None,
    then: Sequence[bytes] | None,
) -> Outcome:
    """Write an image to `fds[0]` from a child; with `then` the child becomes that program after it.

    The calling thread waits until the child has ended (the kernel ends the child with the thread
    that made it). OSError where clone is refused; CaptureError when the child did not end well.
    """
    began = time.perf_counter()
    memory = memory_for(budget)
    meta = json.dumps(facts.meta("fork", notes)).encode()
    seconds = max(1, int(budget.seconds) + 1)
    child = native.walk().ChildCapture(meta, facts.KEY_SALT, memory, seconds, list(fds), then)
    try:
        stopped = _follow(child, began, budget, on_progress, cancel)
    finally:
        child.kill()
        status = child.reap()
    progress: Progress = child.progress
    if stopped:
        raise CaptureError(stopped)
    if progress.failure or (progress.phase not in ("analysing", "ended")):
        raise CaptureError(crash.explain(status, progress))
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
    while True:
        left = budget.seconds - (time.perf_counter() - began)
        if left <= 0:
            return crash.too_slow(budget.seconds, child.progress)
        watching = on_progress is not None or cancel is not None
        wait = min(int(left * 1000) + 1, _TICK_MILLISECONDS if watching else 1 << 30)
        ended = child.wait(wait)
        if on_progress is not None:
            on_progress(1.0 if ended else _share(child.progress))
        if ended:
            return ""
        if cancel is not None and cancel.is_set():
            return "the capture was cancelled"


def _share(progress: Progress) -> float:
    low, high = _PHASE_SHARES[progress.phase]
    done = progress.processed / progress.expected if progress.expected else 0.0
    return low + (high - low) * min(1.0, done) if progress.phase == "references" else low


def write_times(fd: int, stats_offset: int, pause_ns: int, wall_seconds: float) -> None:
    """Pause and wall time are known only to the parent, and only afterwards."""
    os.pwrite(fd, struct.pack("<QQ", pause_ns, int(wall_seconds * 1e9)), stats_offset + 3 * 8)
