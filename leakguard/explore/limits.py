"""What an explorer may take of the machine."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

try:
    import resource
except ImportError:  # no Unix: nothing is bounded, and no explorer is started
    resource = None  # type: ignore[assignment]  # stands for its absence

NICENESS = 10
LEAST_MEMORY = 512 << 20
"""Bytes of address space for an explorer of a small image; most of it is never touched."""
MEMORY_PER_BYTE = 8
"""And so many more for each byte of its images."""


def settle(image_bytes: int) -> None:
    """Bound this process, and stand back behind the server."""
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    if resource is None:
        return
    most = LEAST_MEMORY + MEMORY_PER_BYTE * image_bytes
    for limit, value in ((resource.RLIMIT_AS, most), (resource.RLIMIT_CORE, 0)):
        soft, hard = resource.getrlimit(limit)
        bounds = [value, *(bound for bound in (soft, hard) if bound != resource.RLIM_INFINITY)]
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(limit, (min(bounds), min(bounds)))
