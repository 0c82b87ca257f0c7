"""The live heap into an image: in a forked child, in process, or in pure Python, the same image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.capture import native
from leakguard.capture.budget import Budget, Cancel
from leakguard.capture.facts import METHODS, Method
from leakguard.capture.outcome import OnProgress, Outcome
from leakguard.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["METHODS", "Budget", "Cancel", "Method", "OnProgress", "Outcome", "capture"]


def capture(
    fds: Sequence[int],
    *,
    method: Method | None = None,
    budget: Budget | None = None,
    on_progress: OnProgress | None = None,
    cancel: Cancel | None = None,
    then: Sequence[bytes] | None = None,
    samples: Mapping[int, tuple[str, int]] | None = None,
) -> Outcome:
    """Write an image of this process's heap to `fds[0]`, an empty file open for both ways.

    Without a `method` the best that works here is taken: "fork", then "inline" where clone is
    refused, "portable" where there is no native walk; `Outcome.notes` says why. A method that was
    asked for is not replaced. `then` is a program (path and arguments) that a forked child becomes
    after the walk, with `fds` as its descriptors 3, 4, …. With `samples`, which gives the name and
    the ended requests of each route number, the image tells the node of every sampled allocation
    (a portable capture tells none). Blocks; the GIL is free meanwhile except
    for the pause. CaptureError says what went wrong; the process is unharmed.
    """
    budget = budget or Budget()
    notes: list[str] = []
    problem = native.problem()
    if method in ("fork", "inline") and problem is not None:
        raise CaptureError(f"method {method!r} cannot be used here: {problem}")
    if problem is not None or method == "portable":
        if problem is not None:
            notes.append(f"portable capture: {problem}")
        return _portable(fds[0], notes, budget, on_progress, cancel)
    if method != "inline":
        from leakguard.capture import fork

        try:
            return fork.capture(
                fds,
                notes,
                budget=budget,
                on_progress=on_progress,
                cancel=cancel,
                then=then,
                samples=samples,
            )
        except fork.ChildRefusedError as error:
            if method == "fork":
                raise CaptureError(
                    f"a child process was refused: {error}; method 'inline' needs none"
                ) from error
            notes.append(f"in-process capture: a child process was refused ({error})")
    if cancel is not None and cancel.is_set():
        raise CaptureError("the capture was cancelled before it began")
    from leakguard.capture import inline

    outcome = inline.capture(fds[0], notes, budget=budget, samples=samples)
    if on_progress is not None:
        on_progress(1.0)
    return outcome


def _portable(
    fd: int,
    notes: list[str],
    budget: Budget,
    on_progress: OnProgress | None,
    cancel: Cancel | None,
) -> Outcome:
    import time

    from leakguard.capture import crash, facts
    from leakguard.capture.portable import capture_portable

    began = time.perf_counter()
    cpu = time.process_time()
    meta = facts.meta("portable", notes)
    try:
        capture_portable(
            fd,
            deadline=time.monotonic() + budget.seconds,
            should_stop=cancel.is_set if cancel is not None else None,
            meta=meta,
        )
    except OSError as error:
        raise CaptureError(crash.unwritten(error)) from error
    if on_progress is not None:
        on_progress(1.0)
    wall = time.perf_counter() - began
    return Outcome(
        method="portable",
        pause_seconds=wall,
        wall_seconds=wall,
        cpu_seconds=time.process_time() - cpu,
        mapped_bytes=0,
        notes=tuple(notes),
    )
