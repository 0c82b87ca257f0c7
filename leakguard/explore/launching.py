"""Starts the process of an explorer: beside the server, whose own children it is not among."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
from typing import TYPE_CHECKING

from leakguard.capture import native as capture
from leakguard.explore import interpreter
from leakguard.explore.errors import ViewError
from leakguard.workers import native

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Files = Sequence[tuple[str, int]]

_DEFAULT_SIGNALS = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGINT, signal.SIGALRM)
_FIRST = 3


def launch(options: Sequence[str], files: Files) -> None:
    """Start an explorer with these options, and each of these open files as an option. It ends with
    this process.

    OSError where none can be started, `ViewError` where there is no Python for it.
    """
    command = interpreter.command()
    if command is None:
        raise ViewError(503, "There is no Python beside this server that could look at an image.")
    command += options
    environment = interpreter.environment()
    if not _launched_apart(command, environment, files):
        _spawn(command, environment, files)


def _launched_apart(command: Sequence[str], environment: Mapping[str, str], files: Files) -> bool:
    """Start it so that no `os.wait()` of the server meets it; False where that is denied."""
    if capture.problem() is not None:
        return False
    words = [*command]
    for number, (option, _) in enumerate(files):
        words += [option, str(_FIRST + number)]
    denied: list[OSError] = []
    known = native.lock()
    known.acquire()

    def run() -> None:
        # The explorer is killed with the thread that started it: this one stays until it has ended.
        try:
            capture.walk().run_apart(
                [os.fsencode(word) for word in words],
                [os.fsencode(f"{name}={value}") for name, value in environment.items()],
                [descriptor for _, descriptor in files],
                known.release,
            )
        except OSError as error:
            denied.append(error)
            known.release()

    _start_thread(run)
    known.acquire()
    return not denied


def _spawn(command: Sequence[str], environment: Mapping[str, str], files: Files) -> None:
    """Start it as an ordinary child, with a pipe that ends with this process."""
    words = [*command]
    for option, descriptor in files:
        words += [option, str(descriptor)]
    reading, writing = os.pipe()
    actions = [
        *((os.POSIX_SPAWN_OPEN, output, os.devnull, os.O_WRONLY, 0) for output in (1, 2)),
        (os.POSIX_SPAWN_DUP2, reading, 0),
        *((os.POSIX_SPAWN_DUP2, one, one) for _, one in files),  # to be kept
    ]
    try:
        # Not subprocess: gevent's watches children, and cannot in the thread that answers.
        pid = native.of_os("posix_spawn")(
            words[0],
            words,
            environment,
            file_actions=actions,
            setsigmask=(),
            setsigdef=_DEFAULT_SIGNALS,
        )
    except BaseException:
        os.close(writing)
        raise
    finally:
        os.close(reading)

    def wait() -> None:
        # It ends when the other end of its pipe does, and leaves no zombie behind.
        with contextlib.suppress(Exception):  # somebody else has waited for any child
            native.of_os("waitpid")(pid, 0)
        os.close(writing)

    _start_thread(wait)


def _start_thread(function: Callable[[], object]) -> None:
    try:
        native.start_thread(function, "leakguard-explorer")
    except RuntimeError as error:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from error
