"""The heap captured in plain Python: slower than the native walk, and the same image.

It serves where there is no native core, and as a second opinion in tests. The server stands still
meanwhile, as far as one thread can hold the others off.
"""

from __future__ import annotations

import gc
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from leakguard.capture._pure.graph import Graph
from leakguard.capture._pure.heap import Heap, tracked_objects
from leakguard.errors import CaptureError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

_HOLD_SECONDS: Final = 5.0


def capture_portable(
    path_or_fd: str | os.PathLike[str] | int,
    *,
    deadline: float | None = None,
    should_stop: Callable[[], bool] | None = None,
    meta: dict[str, Any],
) -> None:
    """Write an image of this process's heap to a file or a descriptor.

    `deadline` is a time of `time.monotonic()`. No code of the application runs: no `__sizeof__`,
    `__class__`, `__getattr__`, `__hash__`, `__eq__` or `__repr__` of its classes. Raises
    CaptureError when the deadline has passed or `should_stop` says so; nothing is written then.
    """
    # first of all, so that nothing made below is among them
    objects = tracked_objects((meta, should_stop))
    began, began_cpu = time.perf_counter_ns(), time.thread_time_ns()

    def poll() -> None:
        if deadline is not None and time.monotonic() > deadline:
            raise CaptureError(
                "the portable capture did not finish in time: allow it more seconds, or use a "
                "LeakGuard build with the native walk"
            )
        if should_stop is not None and should_stop():
            raise CaptureError("the capture was cancelled before it was complete")

    # neither the collector nor, for as long as a switch may wait, another thread changes the heap
    collecting, interval = gc.isenabled(), sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(_HOLD_SECONDS)
    try:
        poll()
        heap = Heap(objects, poll)
        del objects
        builder = Graph(heap, poll).build()
        del heap
    finally:
        sys.setswitchinterval(interval)
        if collecting:
            gc.enable()
    elapsed = time.perf_counter_ns() - began
    builder.meta.update(meta)
    builder.meta.setdefault("capture", "portable")
    builder.stats[3] = builder.stats[4] = elapsed
    builder.stats[5] = time.thread_time_ns() - began_cpu
    builder.write(path_or_fd)
