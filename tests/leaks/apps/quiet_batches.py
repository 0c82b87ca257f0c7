"""Rows gather until there are 500, then they are written and forgotten."""

from __future__ import annotations

from serving import serving

ROWS = []


def insert(number):
    ROWS.append({"number": number, "text": f"row {number}", "tags": [number]})
    if len(ROWS) >= 500:
        ROWS.clear()


app = serving({"/insert/{n}": insert})
TRAFFIC = {"/insert/{n}": 10}
