"""Who the workers of an app are, and what they answer.

list_workers()              every worker of this user's apps, with those that ended lately
ask(entry, "figures")       one question to one of them
ask_all(entries, "last")    the same question to several at once
"""

from __future__ import annotations

import _socket
import contextlib
import functools
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from leakguard.errors import LeakGuardError
from leakguard.workers import lastwords, native, peer, places, wire
from leakguard.workers.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.workers.entries import Entry

_GRACE_SECONDS = 0.5
"""How long after its timeout a question may take until its thread has noticed."""


class WorkerError(LeakGuardError):
    """A worker did not answer, or answered that it cannot."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question to one worker: an `answer`, or why there is none.

    Without an answer there may be its last words (see `Worker.words`).
    """

    entry: Entry
    answer: dict[str, Any] | None = None
    error: str = ""
    last_words: dict[str, Any] | None = None


def list_workers(app: str | None = None) -> list[Entry]:
    """The workers of the app of that name or folder, or of all apps of this user.

    By app; those that live first. What workers left long ago is removed on the way. Raises
    `LeakGuardError` if the private directory cannot be trusted.
    """
    found: list[Entry] = []
    for path in places.app_folders():
        try:
            with places.opened_folder(path, create=False) as folder:
                here = sweep(folder, path)
        except FileNotFoundError:
            continue
        if not here:
            places.remove_if_empty(path)
        found += [entry for entry in here if app in (None, entry.facts.app, path.name)]
    return found


def last_words(entry: Entry) -> dict[str, Any] | None:
    """What a worker wrote last, whether it lives or not; None if there is nothing."""
    try:
        with places.opened_folder(entry.path, create=False) as folder:
            return lastwords.read(folder, entry.stem)
    except (LeakGuardError, OSError):
        return None


def ask(
    entry: Entry,
    verb: str,
    timeout: float = 5.0,
    *,
    descriptors: Sequence[int] = (),
    **arguments: object,
) -> dict[str, Any]:
    """The worker's answer to `verb`, within `timeout` seconds.

    WorkerError says why there is none. `descriptors` are open files for the worker to use.
    """
    deadline = monotonic() + timeout
    who = f"worker {entry.pid}"
    if not entry.alive:
        raise WorkerError(f"{who} has ended")
    question = {
        "version": wire.VERSION,
        "verb": verb,
        "timeout": timeout,
        "arguments": arguments,
    }
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        _connect(connection, entry, timeout)
        peer.check(connection)
        # Who is too busy says so, and closes, without having heard the question.
        with contextlib.suppress(wire.BrokenConnectionError):
            wire.send(
                connection,
                question,
                limit=wire.MAX_REQUEST,
                deadline=deadline,
                descriptors=descriptors,
            )
        message, _ = wire.receive(connection, limit=wire.MAX_ANSWER, deadline=deadline)
    except wire.WireError as error:
        if monotonic() >= deadline:
            raise WorkerError(f"{who} did not answer within {timeout:g} s") from None
        raise WorkerError(f"{who} did not answer: {error}") from None
    except WorkerError:
        raise
    except LeakGuardError as error:
        raise WorkerError(f"{who} cannot be asked: {error}") from None
    finally:
        connection.close()
    answer = message.get("answer")
    if isinstance(answer, dict):
        return answer
    raise WorkerError(f"{who}: {message.get('error', 'it gave no answer')}")


def ask_all(
    entries: Sequence[Entry], verb: str, timeout: float = 5.0, **arguments: Any
) -> list[Answer]:
    """The answers of several workers, in their order, after at most about `timeout` seconds.

    Raises nothing: who has ended, fails or hangs has an error, and its last words if there are any.
    """
    given: list[Answer | None] = [None] * len(entries)
    done = native.lock()
    done.acquire()
    left = set(range(len(entries)))

    def put(at: int) -> None:
        try:
            given[at] = Answer(entries[at], ask(entries[at], verb, timeout, **arguments))
        except Exception as error:
            given[at] = Answer(entries[at], error=str(error))
        left.discard(at)
        if not left:
            with contextlib.suppress(RuntimeError):  # two were the last ones
                done.release()

    for at, entry in enumerate(entries):
        if not entry.alive:
            put(at)
            continue
        try:
            native.start_thread(functools.partial(put, at), "leakguard-asks")
        except RuntimeError as error:
            given[at] = Answer(entry, error=f"worker {entry.pid} was not asked: {error}")
            left.discard(at)
    if left:
        done.acquire(True, timeout + _GRACE_SECONDS)
    return [
        _with_last_words(
            answer or Answer(entry, error=f"worker {entry.pid} did not answer in {timeout:g} s")
        )
        for entry, answer in zip(entries, list(given), strict=True)
    ]


def _with_last_words(answer: Answer) -> Answer:
    if answer.answer is not None:
        return answer
    return Answer(answer.entry, None, answer.error, last_words(answer.entry))


def _connect(connection: _socket.socket, entry: Entry, timeout: float) -> None:
    connection.settimeout(timeout)
    try:
        with places.opened_folder(entry.path, create=False) as folder:
            connection.connect(places.socket_address(folder, entry.stem))
    except (FileNotFoundError, ConnectionRefusedError):
        raise WorkerError(f"worker {entry.pid} does not listen: it ends, or has ended") from None
    except BlockingIOError:
        raise WorkerError(f"worker {entry.pid} has too many questions waiting") from None
    except OSError as error:
        raise WorkerError(
            f"worker {entry.pid} cannot be reached: {error.strerror or error}"
        ) from error
