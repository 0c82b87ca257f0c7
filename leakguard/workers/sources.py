"""When the code that this process runs was last changed."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

_INSTALLED = ("site-packages", "dist-packages")
_MOST = 5_000


def changed() -> float:
    """When any file of the app's own modules that are loaded was written last, in Unix time.

    Installed packages and the standard library are left out. What runs may be older than the file.
    """
    newest = 0.0
    for module in list(sys.modules.values())[:_MOST]:
        # not by getattr: a module may run code of its own for a name that it does not have
        file = getattr(module, "__dict__", {}).get("__file__")
        if isinstance(file, str) and not _is_installed(file):
            try:
                # of the file's own record: copying tools set the other time back
                newest = max(newest, Path(file).stat().st_ctime)
            except (OSError, ValueError):
                continue
    return newest


def _is_installed(file: str) -> bool:
    return file.startswith(_library()) or any(part in _INSTALLED for part in Path(file).parts)


def _library() -> str:
    return sysconfig.get_path("stdlib") + os.sep
