"""88 bytes a request: a tuple of three in a list."""

from __future__ import annotations

from serving import serving

SEEN = []


def view(number):
    SEEN.append((number * 1.5, None, True))


app = serving({"/view/{n}": view})
