"""File locks that the kernel takes back from a process that ends (flock)."""

from __future__ import annotations

import sys

if sys.platform != "win32":  # which never opens a private directory
    import fcntl


def take(descriptor: int) -> bool:
    """Whether the lock is now held by this open file. OSError where there are no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(descriptor: int) -> bool:
    """Whether another open file holds the lock; True if that cannot be told."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def release(descriptor: int) -> None:
    """Let go of the lock, whatever other descriptors of the same open file there are."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)
