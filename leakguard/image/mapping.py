"""From a path or a descriptor to mapped bytes, whatever kind of file is behind it."""

from __future__ import annotations

import mmap
import os
import stat
from typing import Final

from leakguard.errors import ImageError

_SPARSE_CHECK_FROM: Final = 1 << 30
_SPARSE_RATIO: Final = 64
_STAT_BLOCK: Final = 512


def map_file(path_or_fd: str | os.PathLike[str] | int) -> mmap.mmap:
    """Map a regular file read-only; ImageError for anything else that may be behind the name.

    A descriptor stays open and the caller's.
    """
    if isinstance(path_or_fd, int):
        return _map(path_or_fd)
    # O_NONBLOCK: opening a fifo would otherwise wait for a writer that never comes
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path_or_fd, flags)
    try:
        return _map(descriptor)
    finally:
        os.close(descriptor)


def _map(descriptor: int) -> mmap.mmap:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise ImageError("this is no regular file, so it cannot be a heap image")
    if status.st_size == 0:
        raise ImageError("the file is empty: the heap image was never written")
    stored = getattr(status, "st_blocks", None)
    # checking terabytes of holes would take hours; no real image compresses this well
    if (
        stored is not None
        and status.st_size > _SPARSE_CHECK_FROM
        and stored * _STAT_BLOCK < status.st_size // _SPARSE_RATIO
    ):
        raise ImageError(
            f"the file claims {status.st_size} bytes and stores {stored * _STAT_BLOCK}: "
            "it is mostly holes, not a heap image"
        )
    try:
        return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    except (OSError, OverflowError, ValueError) as error:
        raise ImageError(f"the heap image cannot be mapped into memory: {error}") from error
