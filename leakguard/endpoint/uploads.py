"""Files that come with a request (multipart/form-data): into files without a name, never in memory.

Only what a form of our own page sends is read: a few parts, each a file.
"""

from __future__ import annotations

import asyncio
import mmap
import os
import tempfile
from contextlib import ExitStack, contextmanager
from email.message import Message
from typing import IO, TYPE_CHECKING

from leakguard.endpoint.messages import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from leakguard.endpoint.messages import EndpointRequest

MOST_BYTES = 256 << 20
_PIECE = 1 << 20
_MOST_HEAD = 4096


@contextmanager
def body_file() -> Iterator[IO[bytes]]:
    """A file for a request's body. Raises `Refusal` where there is no room for one."""
    try:
        file = tempfile.TemporaryFile(prefix="leakguard-")  # noqa: SIM115  # closed below
    except OSError as error:
        raise Refusal(503, f"There is no place for the files: {error.strerror}.") from None
    with file:
        yield file


async def receive(request: EndpointRequest, file: IO[bytes]) -> None:
    """The whole body into a file. Raises `Refusal` if it is too long, or does not fit there."""
    if request.body is None:
        raise Refusal(400, "There is nothing in the body of the request.")
    pieces: list[bytes] = []
    waiting = received = 0
    async for piece in request.body():
        pieces.append(piece)
        waiting += len(piece)
        received += len(piece)
        if received > MOST_BYTES:
            raise Refusal(413, f"More than {MOST_BYTES >> 20} MB are not taken.")
        if waiting >= _PIECE:
            await asyncio.to_thread(_write, file, pieces)
            pieces, waiting = [], 0
    await asyncio.to_thread(_write, file, pieces)


@contextmanager
def parts(
    request: EndpointRequest, body: IO[bytes], names: Sequence[str]
) -> Iterator[list[IO[bytes]]]:
    """The parts of those names, each as a file. Raises `Refusal` where one is missing."""
    head = Message()
    head["content-type"] = request.header("content-type") or ""
    boundary = head.get_param("boundary")
    if head.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise Refusal(400, "Send the files as multipart/form-data.")
    mark = b"--" + boundary.encode("utf-8", "replace")
    found: dict[str, IO[bytes]] = {}
    with ExitStack() as files:
        if os.fstat(body.fileno()).st_size:
            whole = files.enter_context(mmap.mmap(body.fileno(), 0, access=mmap.ACCESS_READ))
            for name, start, end in _ranges(whole, mark):
                if name in names and name not in found:
                    found[name] = files.enter_context(tempfile.TemporaryFile())
                    for at in range(start, end, _PIECE):
                        found[name].write(whole[at : min(at + _PIECE, end)])
                    found[name].flush()
        for name in names:
            if name not in found:
                raise Refusal(400, f"There is no file {name!r} in the form.")
        yield [found[name] for name in names]


def _ranges(whole: mmap.mmap, mark: bytes) -> Iterator[tuple[str, int, int]]:
    """The name of each part, and where its content starts and ends."""
    here = whole.find(mark)
    while here >= 0:
        start = here + len(mark)
        if whole[start : start + 2] == b"--":
            return
        end = whole.find(b"\r\n" + mark, start)
        head = whole.find(b"\r\n\r\n", start, start + _MOST_HEAD)
        if end < 0 or head < 0 or head > end:
            return
        yield _name(whole[start:head]), min(head + 4, end), end
        here = end + 2


def _name(head: bytes) -> str:
    for line in head.split(b"\r\n"):
        key, _, value = line.partition(b":")
        if key.strip().lower() == b"content-disposition":
            said = Message()
            said["content-disposition"] = value.decode("utf-8", "replace").strip()
            name = said.get_param("name", header="content-disposition")
            return name if isinstance(name, str) else ""
    return ""


def _write(file: IO[bytes], pieces: Sequence[bytes]) -> None:
    try:
        file.writelines(pieces)
        file.flush()
    except OSError as error:
        raise Refusal(503, f"There is no room for the files: {error.strerror}.") from None
