"""asgiref: a Local keeps a dead weak reference to each task that has ever set something."""

from __future__ import annotations

from asgiref.local import Local
from serving import serving

local = Local()


async def visit(number: int) -> None:
    local.user = number


app = serving({"/visit/{n}": visit})
