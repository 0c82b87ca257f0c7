"""Six ways to leak, each with a holder and a line of its own, and how much each has leaked."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

CARTS: list[Any] = []
PAGES: list[Any] = []
UPLOADS: list[Any] = []
OPTIONS: list[Any] = []
ROWS: list[Any] = []
TIMES: list[Any] = []

_numbers = itertools.count(1000)
_uploads = itertools.count(1)
upload_every = 100


def cart() -> None:
    """About 1 KB a request, a quarter of it in blocks that the interpreter recycles."""
    number = next(_numbers)
    agent, path = f"Mozilla/5.0 {number} " + "x" * 300, f"/cart?{number}" + "y" * 200
    lines = [f"line {number}", "v" * 70 + str(number)]
    CARTS.append({"id": number, "agent": agent, "path": path, "at": number + 0.5, "lines": lines})


def page() -> None:
    """About 10 KB a request."""
    number = next(_numbers)
    PAGES.append(["z" * 950 + str(number + part) for part in range(10)])


def upload() -> None:
    """1 MB every hundred requests, or as much less more often."""
    if next(_uploads) % upload_every == 0:
        UPLOADS.append(bytearray((1 << 20) * upload_every // 100))


def options() -> None:
    """Nothing but small dicts."""
    number = next(_numbers)
    for part in range(4):
        OPTIONS.append({"user": number, "part": part})


def rows() -> None:
    """Nothing but small lists."""
    number = next(_numbers)
    for part in range(10):
        ROWS.append([number, part, None])


def times() -> None:
    """Nothing but floats."""
    number = next(_numbers)
    for part in range(30):
        TIMES.append(number + part * 0.5)


MIXED: dict[str, Callable[[], None]] = {"cart": cart, "page": page, "upload": upload}
SMALL: dict[str, Callable[[], None]] = {"options": options, "rows": rows, "times": times}
HOLDERS = {
    "cart": CARTS,
    "page": PAGES,
    "upload": UPLOADS,
    "options": OPTIONS,
    "rows": ROWS,
    "times": TIMES,
}


def leaked_bytes(name: str) -> int:
    """What the route has left behind so far, with all that hangs on it."""
    return _deep_size(HOLDERS[name], set())


def _block(size: int) -> int:
    """Small blocks are rounded up by Python's allocator."""
    return (size + 15) // 16 * 16 if size <= 512 else size


def _deep_size(value: Any, seen: set[int]) -> int:
    if id(value) in seen or value is None or (isinstance(value, int) and value <= 256):
        return 0  # the interpreter has it anyway
    seen.add(id(value))
    head = {dict: 64, list: 56}.get(type(value), 0)  # what they hold is in a block of its own
    size = _block(head) + _block(sys.getsizeof(value) - head)
    if isinstance(value, dict):
        value = value.values()  # the keys are names in the code above
    elif not isinstance(value, list):
        return size
    return size + sum(_deep_size(item, seen) for item in value)
