"""Who is at the other end of a Unix socket, by the kernel's word."""

from __future__ import annotations

import os
import socket
import struct
from typing import TYPE_CHECKING

from leakguard.errors import LeakGuardError

if TYPE_CHECKING:
    from _socket import socket as RawSocket  # noqa: N812  # a class

_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid


def check(connection: RawSocket) -> None:
    """Raises `LeakGuardError` unless a process of this very user is at the other end."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        raise LeakGuardError(
            "this system does not tell who is at the other end of a socket: the workers of an app "
            "do not talk to each other here"
        )
    found = connection.getsockopt(socket.SOL_SOCKET, option, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(found)
    if uid != os.geteuid():
        raise LeakGuardError(
            f"the process at the other end belongs to the user id {uid}, not {os.geteuid()}: "
            "nothing is said to it"
        )
