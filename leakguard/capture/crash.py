"""What stopped a capture, in words."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from leakguard.capture._walk import Progress

_UNHARMED = "The server is unharmed; the next snapshot starts afresh."
_CRASHES = {
    getattr(signal, name)
    for name in ("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGTRAP", "SIGSYS")
}
_FAILURES = {
    "write failed": "its image could not be written: a full disk, or a file-size limit",
    "too many objects": "an image holds at most 4 billion objects, and as many references",
    "no descriptors": "its child could not arrange its descriptors: raise the limit of open files",
}


def explain(status: int, progress: Progress, memory: int) -> str:
    """A sentence for a capture that did not end well.

    `status` is its child's wait status (0 in process), `memory` the bytes that it was allowed.
    """
    if progress.failure == "out of memory":
        return (
            f"the capture used up its memory budget of {memory / (1 << 20):.4g} MB after "
            f"{progress.processed:,} objects; raise memory_limit, or give the server more memory. "
            f"{_UNHARMED}"
        )
    if progress.failure:
        return f"the capture failed: {_FAILURES[progress.failure]}. {_UNHARMED}"
    if not os.WIFSIGNALED(status):
        status = os.WEXITSTATUS(status)
        return f"the capture ended early with status {status}{_where(progress)}. {_UNHARMED}"
    number = os.WTERMSIG(status)
    if number == signal.SIGKILL:
        return (
            "the capture was killed from outside, most likely by the kernel for want of "
            f"memory; free some or lower memory_limit. {_UNHARMED}"
        )
    if number == signal.SIGXCPU:
        return f"the capture used up its CPU time{_where(progress)}. {_UNHARMED}"
    if number in _CRASHES:
        return f"the capture crashed with {_signal_name(number)}{_where(progress)}. {_UNHARMED}"
    return f"the capture was ended from outside by {_signal_name(number)}. {_UNHARMED}"


def unwritten(error: OSError) -> str:
    """A sentence for an image that this process itself could not write."""
    return f"the capture failed: its image could not be written: {error.strerror}. {_UNHARMED}"


def too_slow(seconds: float, progress: Progress, *, stuck: bool) -> str:
    """A sentence for a child that was stopped because its time was over.

    `stuck`: it was seen not to move on, so that the type at which it stands is to blame.
    """
    where = _where(progress) if stuck else ""
    return (
        f"the capture took longer than {seconds:.3g} s ({progress.processed:,} objects done)"
        f"{f': it hangs{where}' if where else '; raise timeout'}. {_UNHARMED}"
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most real-time signals have none
        return f"signal {number}"


def _where(progress: Progress) -> str:
    """Only while references are read does C code of others run; CPython's own is not suspected."""
    if progress.phase != "references":
        return ""
    name = _type_name_at(progress.type_address)
    if not name or name.startswith("builtins."):
        return ""
    return f" in the C code of type {name} (its tp_traverse is at fault)"


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
            names = [type.__dict__[name].__get__(found) for name in ("__module__", "__qualname__")]
            return ".".join(name for name in names if type(name) is str)
        if id(found) not in seen:
            seen.add(id(found))
            pending.extend(cast("list[type]", type.__subclasses__(found)))
    return ""
