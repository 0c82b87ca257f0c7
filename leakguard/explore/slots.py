"""Places for two explorers on a host: lock files, which the kernel takes back from who ends."""

from __future__ import annotations

import _socket
import contextlib
import json
import os
import time
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from leakguard.errors import LeakGuardError
from leakguard.explore.errors import ViewError
from leakguard.private_dir import directory, opened
from leakguard.workers import locks, peer, wire

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST: Final = 2
FLAGS: Final = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_WAIT_SECONDS = 10.0
_LOOK_SECONDS = 0.05
_END_SECONDS = 1.0


def take(app: str, stem: str) -> int:
    """A descriptor that holds a place while it, or a copy of it, is open.

    Where all are taken the explorer that was asked least lately is told to end. Raises `ViewError`
    if none does, being busy.
    """
    began = monotonic()
    with opened(directory(), create=True) as private:
        while monotonic() - began < _WAIT_SECONDS:
            for place in range(MOST):
                descriptor = os.open(f"explorer-{place}.lock", FLAGS, 0o600, dir_fd=private)
                try:
                    if locks.take(descriptor):
                        _sign(descriptor, app, stem)
                        return descriptor
                except BaseException:
                    os.close(descriptor)
                    raise
                os.close(descriptor)
            _end_one(private)
            time.sleep(_LOOK_SECONDS)
    raise ViewError(503, "Other images are being looked at; ask again in a moment.")


def ask(address: str, question: Mapping[str, Any], timeout: float) -> dict[str, Any]:
    """An explorer's answer. Raises `WireError` if there is none, ConnectionRefusedError or
    FileNotFoundError if nobody listens there."""
    deadline = monotonic() + timeout
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.connect(address)
        peer.check(connection)
        wire.send(connection, question, limit=wire.MAX_REQUEST, deadline=deadline)
        return wire.receive(connection, limit=wire.MAX_ANSWER, deadline=deadline)[0]
    finally:
        connection.close()


def end(address: str) -> None:
    """Tell the explorer there to end; raises as `ask` does."""
    ask(address, {"version": wire.VERSION, "verb": "end"}, _END_SECONDS)


def _sign(descriptor: int, app: str, stem: str) -> None:
    os.truncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps({"app": app, "stem": stem}).encode(), 0)


def _end_one(private: int) -> None:
    """Tell the explorer that was asked least lately to end."""
    places = []
    for place in range(MOST):
        with contextlib.suppress(OSError):
            name = f"explorer-{place}.lock"
            places.append((os.stat(name, dir_fd=private).st_mtime_ns, name))
    for _, name in sorted(places):
        with contextlib.suppress(OSError, ValueError, KeyError, LeakGuardError):
            descriptor = os.open(name, FLAGS, 0o600, dir_fd=private)
            try:
                signed = json.loads(os.pread(descriptor, 4096, 0))
            finally:
                os.close(descriptor)
            address = f"/proc/self/fd/{private}/images/{signed['app']}/{signed['stem']}.sock"
            end(address)
            return
