"""A new interned string for each request, kept as a key."""

from __future__ import annotations

import sys

from serving import serving

NAMES = {}


def rename(number):
    NAMES[sys.intern(f"name_{number}_" + "x" * 60)] = None


app = serving({"/rename/{n}": rename})
