"""What a walk needs to know of sampled allocations, to look them up in the heap."""

from __future__ import annotations

import sys
from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_REQUEST, UNBOUND = 0, -1
"""Route numbers of what no request allocated, and of requests that have no name yet."""
MAX_NAME = 200
"""Characters of a route's name."""

_NAMES = {NO_REQUEST: "(no request)", UNBOUND: "(in flight)"}

Packed = tuple[bytes, bytes, bytes]
"""The names, each with its end; requests (u64) of each; its index (u32) by route number + 1."""


def tables() -> object:
    """The capsule of the sampler's tables; None while nothing is sampled.

    It is looked for and not imported: a process that never started the sampler needs none.
    """
    sampler = sys.modules.get("leakguard.routes._sampler")
    return getattr(sampler, "tables", None)


def pack(routes: Mapping[int, tuple[str, int]]) -> Packed:
    """The routes of an image, from the name and the requests of each number; the first is
    "(no request)". Numbers of one name become one route."""
    index_of: dict[str, int] = {}
    requests = array("Q")
    known = {number: (name, 0) for number, name in _NAMES.items()} | dict(routes)
    index = array("I", bytes(4 * (max(known) + 2)))
    for number, (name, ended) in known.items():
        name = name[:MAX_NAME].replace("\0", "")
        if name not in index_of:
            index_of[name] = len(index_of)
            requests.append(0)
        index[number + 1] = index_of[name]
        requests[index_of[name]] += ended
    text = "".join(f"{name}\0" for name in index_of)
    return text.encode("utf-8", "replace"), requests.tobytes(), index.tobytes()
