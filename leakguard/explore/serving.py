"""An explorer's work: one question at a time, until nobody asks any more."""

from __future__ import annotations

import _socket
import contextlib
import os
import select
import signal
from time import monotonic
from typing import TYPE_CHECKING, Any

from leakguard.workers import native, peer, wire

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Answer = Callable[[str, Mapping[str, str]], dict[str, Any]]

IDLE_SECONDS = 60.0
LONGEST_SECONDS = 60
"""For one view: who needs longer is ended by the kernel, and the question answered with that."""
QUESTION_SECONDS = 5.0
SENDING_SECONDS = 5.0
_LOOK_SECONDS = 5.0
_PARENT = 0


class Serving:
    """Answers what comes in at a listening socket. `slot` is a lock file that this process holds
    while it lives; its time is that of the last question."""

    def __init__(self, listening: int, slot: int, answer: Answer, idle: float) -> None:
        self._socket = _socket.socket(fileno=listening)
        self._socket.settimeout(0.0)  # who hangs up between poll and accept must not block it
        self._slot = slot
        self._answer = answer
        self._idle = idle
        self._parent = os.getppid()

    def run(self) -> None:
        """Returns when nobody has asked for a while, somebody said so, or the parent has ended."""
        poll = select.poll()
        poll.register(self._socket.fileno(), select.POLLIN)
        poll.register(_PARENT, 0)  # the pipe's other end is closed: a hang-up
        asked = monotonic()
        while monotonic() - asked < self._idle:
            left = min(self._idle - (monotonic() - asked), _LOOK_SECONDS)
            ready = [descriptor for descriptor, _ in poll.poll(max(left, 0) * 1000)]
            if _PARENT in ready or os.getppid() != self._parent:
                return
            if self._socket.fileno() in ready:
                if not self._accept():
                    return
                asked = monotonic()

    def _accept(self) -> bool:
        """Answer one question; False if it was to end."""
        try:
            connection = native.accept(self._socket)
        except (BlockingIOError, ConnectionError):
            return True
        with contextlib.suppress(wire.WireError), contextlib.closing(connection):
            peer.check(connection)
            deadline = monotonic() + QUESTION_SECONDS
            message, _ = wire.receive(connection, limit=wire.MAX_REQUEST, deadline=deadline)
            ends = message.get("verb") == "end"
            told = {"status": 200, "body": "{}"} if ends else self._asked(message)
            told["version"] = wire.VERSION
            deadline = monotonic() + SENDING_SECONDS
            wire.send(connection, told, limit=wire.MAX_ANSWER, deadline=deadline)
            return not ends
        return True

    def _asked(self, message: Mapping[str, Any]) -> dict[str, Any]:
        view, given = message.get("view"), message.get("given")
        if not isinstance(view, str) or not isinstance(given, dict):
            return {"status": 400, "error": "This is no question."}
        with contextlib.suppress(OSError):
            os.utime(self._slot)
        signal.alarm(LONGEST_SECONDS)
        try:
            return self._answer(view, {str(name): str(text) for name, text in given.items()})
        finally:
            signal.alarm(0)
