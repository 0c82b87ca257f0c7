"""What an image says about the process it was taken from."""

from __future__ import annotations

import os
import platform
import secrets
import socket
import sys
import time
from pathlib import Path
from typing import Any, Literal

import psutil

Method = Literal["fork", "inline", "portable"]
METHODS: tuple[Method, ...] = ("fork", "inline", "portable")

KEY_SALT = secrets.randbits(64)
"""Mixed into the hashes of data keys: one for a process, so that its images can be compared."""


def meta(method: Method, notes: list[str]) -> dict[str, Any]:
    """The image's meta section: names, times in seconds, sizes in bytes; no value of the app's."""
    process = psutil.Process()
    started = process.create_time()
    now = time.time()
    return {
        "format": "leakguard-heap/1",
        "capture": method,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "python": platform.python_version(),
        "app": _app_name(),
        "started": started,
        "created": now,
        "uptime_seconds": max(0.0, now - started),
        "rss_bytes": process.memory_info().rss,
        "notes": notes,
    }


def _app_name() -> str:
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None and spec.name:
        return str(spec.name).removesuffix(".__main__")
    return Path(sys.argv[0] if sys.argv and sys.argv[0] else "python").name
