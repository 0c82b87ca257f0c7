"""Answers the other workers: one question a connection, each in a thread of its own.

A peer that sends nothing, or rubbish, or reads no answer is dropped at a deadline; too many at once
are told to come again.
"""

from __future__ import annotations

import _socket
import contextlib
import errno
import os
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from leakguard.errors import LeakGuardError
from leakguard.guard import Guard
from leakguard.workers import native, peer, wire

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Verb = Callable[["Question"], Mapping[str, Any]]

QUESTION_SECONDS = 5.0
"""From the connection to the end of the question; a worker that computes hears it slowly."""
SENDING_SECONDS = 5.0
"""For the other side to take the answer."""
MAX_SECONDS = 3_600.0
"""The most that a question may allow for its answer."""
MAX_CONNECTIONS = 16

_BACKLOG = 64
_PAUSE_MILLISECONDS = 200


@dataclass(frozen=True, slots=True)
class Question:
    """What another worker asks: `timeout` is for how many seconds it waits for the answer."""

    verb: str
    timeout: float = 60.0
    arguments: Mapping[str, Any] = field(default_factory=dict)
    descriptors: tuple[int, ...] = ()
    """Open files that came with it; closed when it has been answered."""

    def whole(self, name: str, default: int, lowest: int, highest: int) -> int:
        """An argument that is a whole number from `lowest` to `highest`, or LeakGuardError."""
        value = self.arguments.get(name, default)
        if type(value) is not int or not lowest <= value <= highest:
            raise LeakGuardError(f"{name} must be a whole number from {lowest} to {highest}")
        return value


class Listener:
    """Listens at `address`, and answers who has connected each time that it is told to `accept`.

    `verbs` gives what can be asked at that moment. OSError if the socket cannot be made.
    """

    def __init__(self, address: str, verbs: Callable[[], Mapping[str, Verb]]) -> None:
        self._verbs = verbs
        self._guard = Guard()
        self._open: set[int] = set()  # connections being answered
        self._socket = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        try:
            os.fchmod(self._socket.fileno(), 0o600)  # what bind() gives the file
            self._socket.bind(address)
            self._socket.listen(_BACKLOG)
            self._socket.settimeout(0.0)  # who hangs up between poll and accept must not block it
        except BaseException:
            self._socket.close()
            raise
        self.descriptor = self._socket.fileno()
        """What is ready to be read when somebody has connected."""

    def close(self) -> None:
        """Listen no more; those who are being answered get their answer."""
        with contextlib.suppress(OSError):  # somebody else has closed it
            self._socket.close()

    def accept(self) -> None:
        """Answer the next one who has connected, in a thread of its own. Nothing if there is none;
        OSError as of accept(2)."""
        try:
            connection = native.accept(self._socket)
        except (BlockingIOError, ConnectionError):
            return
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                raise
            native.poll().poll(_PAUSE_MILLISECONDS)  # no file left: until one is free again
            return
        if len(self._open) >= MAX_CONNECTIONS:
            _refuse(connection, "this worker answers many questions already; ask again later")
            connection.close()
            return
        descriptor = connection.fileno()
        self._open.add(descriptor)

        def converse() -> None:
            try:
                self._converse(connection)
            finally:
                self._open.discard(descriptor)
                connection.close()

        try:
            native.start_thread(converse, "leakguard-answer")
        except RuntimeError:  # the system has no thread left
            self._open.discard(descriptor)
            connection.close()

    def _converse(self, connection: _socket.socket) -> None:
        descriptors: list[int] = []
        try:
            peer.check(connection)
            message, descriptors = wire.receive(
                connection,
                limit=wire.MAX_REQUEST,
                deadline=monotonic() + QUESTION_SECONDS,
                descriptors=True,
            )
            answer = {"version": wire.VERSION, "answer": self._answer(message, descriptors)}
            wire.send(
                connection,
                answer,
                limit=wire.MAX_ANSWER,
                deadline=monotonic() + SENDING_SECONDS,
            )
        except LeakGuardError as error:
            _refuse(connection, str(error))
        except Exception as error:
            self._guard.report(error)
            # The text of an error that is not ours may hold a value of the app.
            _refuse(connection, f"the worker failed to answer ({type(error).__name__})")
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _answer(self, message: Mapping[str, Any], descriptors: list[int]) -> Mapping[str, Any]:
        verb, timeout = message.get("verb"), message.get("timeout", 60.0)
        verbs = self._verbs()
        known = ", ".join(sorted(verbs))
        if not isinstance(verb, str) or verb not in verbs:
            raise LeakGuardError(f"there is no verb {_shown(verb)}; there are: {known}")
        if type(timeout) not in (int, float) or not 0 < timeout <= MAX_SECONDS:
            raise LeakGuardError(f"timeout must be seconds from 0 to {MAX_SECONDS:g}")
        arguments = message.get("arguments", {})
        if not isinstance(arguments, dict):
            raise LeakGuardError("arguments must be an object")
        question = Question(verb, float(timeout), arguments, tuple(descriptors))
        return verbs[verb](question)


def _refuse(connection: _socket.socket, why: str) -> None:
    with contextlib.suppress(LeakGuardError):  # it may have gone
        wire.send(
            connection,
            {"version": wire.VERSION, "error": why},
            limit=wire.MAX_ANSWER,
            deadline=monotonic() + 0.5,  # a few bytes: they fit into any socket's buffer
        )


def _shown(value: object) -> str:
    return ascii(value[:40]) if isinstance(value, str) else f"a {type(value).__name__}"
