"""What an image says about the process it was taken from."""

from __future__ import annotations

import atexit
import os
import platform
import secrets
import socket
import time
from pathlib import Path
from typing import Any, Literal

import psutil

from leakguard import served

Method = Literal["fork", "inline", "portable"]
METHODS: tuple[Method, ...] = ("fork", "inline", "portable")

KEY_SALT = secrets.randbits(64)
"""Mixed into the hashes of data keys: one for a process, so that its images can be compared."""


def meta(method: Method, notes: list[str]) -> dict[str, Any]:
    """The image's meta section: names, times in seconds, sizes in bytes; no value of the app's."""
    now, uptime = time.time(), _uptime()
    return {
        "format": "leakguard-heap/1",
        "capture": method,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "python": platform.python_version(),
        "app": served.label(),
        "started": now - uptime,
        "created": now,
        "uptime_seconds": uptime,
        "rss_bytes": psutil.Process().memory_info().rss,
        "atexit_callbacks": _at_exit(),
        "notes": notes,
    }


def _at_exit() -> int:
    """How many functions wait for the end of the process: the heap shows them without a holder."""
    count = getattr(atexit, "_ncallbacks", None)  # an interpreter may come without it
    return 0 if count is None else int(count())


def _uptime() -> float:
    """Seconds since the process started, by clocks that nobody sets."""
    try:
        after_name = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        since_boot = float(Path("/proc/uptime").read_text().split()[0])
        return max(0.0, since_boot - int(after_name[19]) / os.sysconf("SC_CLK_TCK"))
    except (OSError, ValueError, IndexError):
        return max(0.0, time.time() - psutil.Process().create_time())
