"""Messages between workers: four bytes of length, then a JSON object; one each way a connection.

Whatever the other side does costs bounded memory and ends at a deadline.
"""

from __future__ import annotations

import array
import json
import os
import socket
import struct
from time import monotonic
from typing import TYPE_CHECKING, Any

from leakguard.errors import LeakGuardError

if TYPE_CHECKING:
    from _socket import socket as RawSocket  # noqa: N812  # a class
    from collections.abc import Mapping, Sequence

VERSION = 1
MAX_REQUEST = 64 << 10
"""Bytes of a question."""
MAX_ANSWER = 8 << 20
"""Bytes of an answer: several times a report with all the suspects that can be asked for."""
MAX_DESCRIPTORS = 1

_LENGTH = struct.Struct("!I")
_CLOEXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class WireError(LeakGuardError):
    """The other side sent no message that can be read, or took too long."""


class BrokenConnectionError(WireError):
    """The other side closed the connection."""


def send(
    connection: RawSocket,
    message: Mapping[str, Any],
    *,
    limit: int,
    deadline: float,
    descriptors: Sequence[int] = (),
) -> None:
    """Send one message, whole, before `deadline` (of the monotonic clock).

    WireError if it is longer than `limit` bytes, or if the other side does not take it in time.
    """
    body = json.dumps(message, separators=(",", ":"), allow_nan=False).encode()
    if len(body) > limit:
        raise WireError(f"the message has {len(body)} bytes, {limit} are allowed")
    data = _LENGTH.pack(len(body)) + body
    try:
        if descriptors:
            connection.settimeout(_left(deadline))
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
            data = data[connection.sendmsg([data], [rights]) :]
        if data:  # not even nothing can be sent to who has answered already and closed
            connection.settimeout(_left(deadline))
            connection.sendall(data)
    except TimeoutError:
        raise WireError("the other side does not take the message") from None
    except OSError as error:
        raise BrokenConnectionError(f"the connection broke: {error.strerror or error}") from error


def receive(
    connection: RawSocket, *, limit: int, deadline: float, descriptors: bool = False
) -> tuple[dict[str, Any], list[int]]:
    """One message that is whole before `deadline`, and the file descriptors that came with it.

    They are the caller's to close. None is taken unless `descriptors`. WireError for anything that
    is no message of at most `limit` bytes.
    """
    received: list[int] = []
    try:
        head = _exactly(connection, _LENGTH.size, deadline, received if descriptors else None)
        (length,) = _LENGTH.unpack(head)
        if not 0 < length <= limit:
            raise WireError(f"a message of {length} bytes was announced, {limit} are allowed")
        return _decoded(_exactly(connection, length, deadline, None)), received
    except BaseException:
        for descriptor in received:
            os.close(descriptor)
        raise


def _exactly(
    connection: RawSocket, length: int, deadline: float, received: list[int] | None
) -> bytes:
    data = bytearray()
    try:
        while len(data) < length:
            connection.settimeout(_left(deadline))
            if received is None:
                part = connection.recv(min(length - len(data), 1 << 16))
            else:
                part, taken = _with_rights(connection, length - len(data))
                received += taken
            if not part:
                raise BrokenConnectionError("the connection ended before the message did")
            data += part
    except TimeoutError:
        raise WireError("the message was not complete in time") from None
    except OSError as error:
        raise BrokenConnectionError(f"the connection broke: {error.strerror or error}") from error
    return bytes(data)


def _with_rights(connection: RawSocket, length: int) -> tuple[bytes, list[int]]:
    room = socket.CMSG_SPACE(MAX_DESCRIPTORS * 4)
    part, ancillary, _, _ = connection.recvmsg(length, room, _CLOEXEC)
    taken = array.array("i")
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            taken.frombytes(content[: len(content) - len(content) % taken.itemsize])
    return part, list(taken)


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise WireError("the message is no JSON") from None
    if not isinstance(message, dict):
        raise WireError("the message is no JSON object")
    if message.get("version") != VERSION:
        raise WireError(
            f"the other side speaks version {message.get('version')!r} of the workers' protocol, "
            f"this one {VERSION}: run the same LeakGuard on both"
        )
    return message


def _left(deadline: float) -> float:
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError
    return left
