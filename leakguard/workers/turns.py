"""One snapshot at a time on this host: several workers that fork at once would exhaust it."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from leakguard.errors import CaptureError, LeakGuardError
from leakguard.private_dir import directory, opened
from leakguard.workers import locks, native

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leakguard.capture import Cancel

logger = logging.getLogger("leakguard")

_FILE = "snapshot.lock"
_LOOK_MILLISECONDS = 50


@contextmanager
def turn(timeout: float, cancel: Cancel | None = None) -> Iterator[float]:
    """Hold this user's turn to take a snapshot; gives the seconds that were waited for it.

    CaptureError, which says who has it, if it does not come within `timeout` seconds, or `cancel`
    is set before. The kernel takes it back from a process that dies. Where no file can be kept,
    nobody waits for anybody.
    """
    began = time.monotonic()
    waited = 0.0
    try:
        descriptor = _open()
    except (LeakGuardError, OSError) as error:
        logger.debug("snapshots of several workers may be taken at once: %s", error)
        yield 0.0
        return
    try:
        while not locks.take(descriptor):
            if cancel is not None and cancel.is_set():
                raise CaptureError("the snapshot was cancelled while it waited for another one")
            if time.monotonic() - began >= timeout:
                raise CaptureError(
                    f"{_holder(descriptor)} takes a snapshot at the moment, one at a time is taken "
                    f"on a host, and {timeout:g} s passed; ask again later, or raise timeout"
                )
            native.poll().poll(_LOOK_MILLISECONDS)
            waited = time.monotonic() - began
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        try:
            yield waited
        finally:
            # Closing alone would not do: a child that the app has forked meanwhile has it open.
            locks.release(descriptor)
    finally:
        os.close(descriptor)


def _open() -> int:
    with opened(directory(), create=True) as parent:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        return os.open(_FILE, flags, 0o600, dir_fd=parent)


def _holder(descriptor: int) -> str:
    pid = b""
    with contextlib.suppress(OSError):
        pid = os.pread(descriptor, 20, 0)
    return f"the process {int(pid)}" if pid.isdigit() else "another process"
