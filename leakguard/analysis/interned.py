"""The interpreter's table of interned strings, where those are that nobody else knows."""

from __future__ import annotations

TABLE_TYPE = "<interned strings>"
HOLDER = "interned strings (sys.intern)"
FIX = (
    "Do not intern what users send (sys.intern, names of attributes): CPython 3.12\n"
    "never frees an interned string; from 3.13 on it does."
)
