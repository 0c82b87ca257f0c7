"""Nothing but small dicts, whose memory CPython recycles by itself."""

from __future__ import annotations

from serving import serving

SEEN = []


def view(number):
    SEEN.append({"number": number, "kind": "view", "done": True})


app = serving({"/view/{n}": view})
