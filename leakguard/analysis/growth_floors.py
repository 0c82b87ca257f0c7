"""From which gain on something is growth, and not the noise of a process that serves requests."""

from __future__ import annotations

# What a path must gain for a request; measured on real leaks and on heaps that have none.
LEAST_OBJECTS_A_REQUEST = 0.2
LEAST_BYTES_A_REQUEST = 40.0
# Where many requests pass by the leak, so much in all is evidence too.
_MANY_OBJECTS, MANY_BYTES = 100, 256 << 10
# Few objects, large ones: so much in all, and for a request.
LARGE, _LARGE_A_REQUEST = 1 << 20, 200.0
# One object that grows by itself, such as a bytearray.
_ONE_BUFFER = 64 << 10
# An event loop drops cancelled timers when there are more than a hundred timers and half of them
# are cancelled: the timeout of each connection that is kept alive is one, and they come and go.
_TIMER, _CANCELLED_TIMERS = "asyncio.events.TimerHandle", 100
# Where nobody counts requests.
_LEAST_OBJECTS, _LEAST_BYTES = 50, 8 << 10


def is_enough(objects: int, size: int, requests: float | None) -> bool:
    """Whether so many objects and bytes are worth a word, gained in so many requests (None where
    nobody counts them)."""
    if not requests:
        if objects == 0:
            return size >= _ONE_BUFFER
        return size >= _LEAST_BYTES and (objects >= _LEAST_OBJECTS or size >= MANY_BYTES)
    enough = objects >= LEAST_OBJECTS_A_REQUEST * requests or objects >= _MANY_OBJECTS
    heavy = size >= LEAST_BYTES_A_REQUEST * requests or size >= MANY_BYTES
    return _is_large(objects, size, requests) or (enough and heavy)


def is_dense(objects: int, size: int, requests: float | None) -> bool:
    """Whether it is much for each request too, and not in all alone."""
    if not requests:
        return True
    return _is_large(objects, size, requests) or (
        objects >= LEAST_OBJECTS_A_REQUEST * requests and size >= LEAST_BYTES_A_REQUEST * requests
    )


def may_be_cancelled(object_type: str, objects: int, size: int) -> bool:
    """Whether so many objects of a type are no more than the timers that an event loop keeps though
    they were cancelled."""
    return object_type == _TIMER and objects <= _CANCELLED_TIMERS and size < MANY_BYTES


def _is_large(objects: int, size: int, requests: float) -> bool:
    return size >= max(LARGE, _LARGE_A_REQUEST * requests) or (objects == 0 and size >= _ONE_BUFFER)
