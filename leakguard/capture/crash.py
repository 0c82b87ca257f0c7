"""What stopped a capture, in words."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from leakguard.capture._walk import Progress

_UNHARMED = "The server is unharmed; the next snapshot starts afresh."


def explain(status: int, progress: Progress) -> str:
    """A sentence for a child that did not end well. `status` is its wait status."""
    where = _where(progress)
    if progress.failure == "out of memory":
        return (
            f"the capture used up its memory budget ({progress.mapped_bytes >> 20} MB) after "
            f"{progress.processed:,} objects; raise memory_limit. {_UNHARMED}"
        )
    if progress.failure:
        return f"the capture failed: {progress.failure}. {_UNHARMED}"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGKILL:
            return (
                "the capture was killed from outside, most likely by the kernel for want of "
                f"memory; free some or lower memory_limit. {_UNHARMED}"
            )
        if number == signal.SIGXCPU:
            return f"the capture used up its CPU time{where}. {_UNHARMED}"
        name = signal.Signals(number).name
        return f"the capture crashed with {name}{where}. {_UNHARMED}"
    return f"the capture ended early with status {os.WEXITSTATUS(status)}{where}. {_UNHARMED}"


def too_slow(seconds: float, progress: Progress) -> str:
    """A sentence for a child that was stopped because its time was over."""
    return (
        f"the capture took longer than {seconds:g} s ({progress.processed:,} objects done)"
        f"{_where(progress)}; raise timeout. {_UNHARMED}"
    )


def _where(progress: Progress) -> str:
    name = _type_name_at(progress.type_address)
    return f" in the C code of type {name} (its tp_traverse is at fault)" if name else ""


def _type_name_at(address: int) -> str:
    """The name of the live type at an address, found among all types: the address may be stale."""
    if not address:
        return ""
    pending: list[type] = [object]
    seen: set[int] = set()
    while pending:
        found = pending.pop()
        if id(found) == address:
            # through type itself: a metaclass may have something else to say, or do
            module = type.__dict__["__module__"].__get__(found)
            return f"{module}.{type.__dict__['__qualname__'].__get__(found)}"
        if id(found) not in seen:
            seen.add(id(found))
            pending.extend(cast("list[type]", type.__subclasses__(found)))
    return ""
