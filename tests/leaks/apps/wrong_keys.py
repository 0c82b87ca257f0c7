"""pickleDB: one exception object is raised again and again, and its traceback grows each time."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pickledb
from serving import serving

FILE = str(Path(tempfile.mkdtemp()) / "settings.db")
# `load` is gone in the fixed version, where the class does it
settings = pickledb.load(FILE, False) if hasattr(pickledb, "load") else pickledb.PickleDB(FILE)


def change(number: int) -> None:
    try:
        settings.set(404, "not found")
    except TypeError:
        return


app = serving({"/settings/{n}": change})
