"""Responses that stream: the request ends when the response is closed."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator

    from leakguard.routes.ledger import Flight


def hand_over(response: Any, flight: Flight, leave: Callable[[Flight, bool], None]) -> bool:
    """From now on `response` ends `flight`; False if it cannot."""
    closers = getattr(response, "_resource_closers", None)
    if closers is None:
        return False
    stream = _Stream(flight, leave)
    closers.append(stream.land)
    # A file is sent by the server itself: what Django gives it must stay the same object.
    if getattr(response, "file_to_stream", None) is None:
        watched = _chunks_async if getattr(response, "is_async", False) else _chunks
        response.streaming_content = watched(response.streaming_content, stream)
    return True


class _Stream:
    """One response that is being sent; it ends as well when nobody closes it."""

    def __init__(self, flight: Flight, leave: Callable[[Flight, bool], None]) -> None:
        self._flight: Flight | None = flight
        self._leave = leave
        self.failed = False

    def land(self) -> None:
        flight, self._flight = self._flight, None
        if flight is not None:
            self._leave(flight, self.failed)

    __del__ = land


def _chunks(content: Iterator[bytes], stream: _Stream) -> Iterator[bytes]:
    try:
        yield from content
    except Exception:
        stream.failed = True
        raise


async def _chunks_async(
    content: AsyncGenerator[bytes, None], stream: _Stream
) -> AsyncIterator[bytes]:
    try:
        async with aclosing(content):
            async for chunk in content:
                yield chunk
    except Exception:
        stream.failed = True
        raise
