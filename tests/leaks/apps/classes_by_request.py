"""attrs: the source of each generated method stays in the cache of source lines."""

from __future__ import annotations

import attr
from serving import serving


def table(number: int) -> None:
    attr.make_class("Row", ["key", "value"])(number, str(number))


app = serving({"/table/{n}": table})
