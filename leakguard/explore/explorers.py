"""Explorers, found or started: processes that answer views of kept images, two on a host."""

from __future__ import annotations

import _socket
import contextlib
import os
import secrets
import time
from time import monotonic
from typing import TYPE_CHECKING, Any

from leakguard.explore import slots
from leakguard.explore.errors import ViewError
from leakguard.explore.launching import launch
from leakguard.explore.serving import IDLE_SECONDS
from leakguard.workers import locks, wire
from leakguard.workers.places import socket_address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leakguard.explore.shelf import Shelf

ANSWER_SECONDS = 70.0
"""For a view with everything before it in the queue."""
_START_SECONDS = 15.0
_LOOK_SECONDS = 0.02
_TRIES = 3
_DROPPED = "dropped"
"""So begin the names of explorers of files that are not kept: no image's id does."""


class Explorers:
    """Asks the explorer of an image, whichever worker started it, or starts one.

    Blocks; any thread may ask. An explorer ends when it is idle, with the process that started it,
    or when another image needs its place.
    """

    def __init__(self, shelf: Shelf, *, idle: float = IDLE_SECONDS) -> None:
        self._shelf = shelf
        self._idle = idle

    def ask(self, view: str, images: Sequence[str], given: Mapping[str, str]) -> bytes:
        """A view of these kept images as JSON. Raises `ViewError` where there is none."""
        stem = ".".join(images)
        question = {"version": wire.VERSION, "view": view, "given": dict(given)}
        for last in range(_TRIES):
            try:
                with self._shelf.opened() as folder:
                    answer = self._answer(folder, stem, images, question)
            except wire.BrokenConnectionError:
                if last == _TRIES - 1:
                    why = "the image may be damaged, or larger than it may look at"
                    raise ViewError(503, f"The explorer ended before it answered: {why}.") from None
                continue
            except wire.WireError as error:
                raise ViewError(503, f"The explorer does not answer: {error}.") from error
            except OSError as error:
                why = error.strerror or type(error).__name__
                raise ViewError(503, f"No explorer can be started: {why}.") from error
            return _body(answer)
        raise AssertionError("unreachable")

    def ask_files(self, view: str, files: Sequence[int], given: Mapping[str, str]) -> bytes:
        """A view of images in open files by an explorer for this alone. Raises `ViewError`."""
        stem = f"{_DROPPED}-{secrets.token_hex(4)}"
        question = {"version": wire.VERSION, "view": view, "given": dict(given)}
        try:
            with self._shelf.opened(create=True) as folder, contextlib.ExitStack() as left:
                for ending in (".sock", ".lock"):
                    left.callback(_unlink, folder, stem + ending)
                self._launch(folder, stem, [(file, None) for file in files])
                address = socket_address(folder, stem)
                answer = slots.ask(address, question, ANSWER_SECONDS)
                with contextlib.suppress(wire.WireError, OSError):
                    slots.end(address)
        except wire.WireError as error:
            raise ViewError(503, f"The explorer ended before it answered: {error}.") from error
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise ViewError(503, f"No explorer can be started: {why}.") from error
        return _body(answer)

    def _answer(
        self, folder: int, stem: str, images: Sequence[str], question: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        began = monotonic()
        while True:
            try:
                return slots.ask(socket_address(folder, stem), question, ANSWER_SECONDS)
            except (FileNotFoundError, ConnectionRefusedError):
                with contextlib.ExitStack() as files:
                    kept = [files.enter_context(self._shelf.files(folder, one)) for one in images]
                    self._launch(folder, stem, kept)
            if monotonic() - began > _START_SECONDS:
                raise ViewError(503, "Explorers end before they can be asked; ask again later.")

    def _launch(self, folder: int, stem: str, pairs: Sequence[tuple[int, int | None]]) -> None:
        """Start an explorer of these images, each with what was found in it, unless somebody else
        does so at this moment."""
        with contextlib.ExitStack() as files:
            lock = os.open(f"{stem}.lock", slots.FLAGS, 0o600, dir_fd=folder)
            files.callback(os.close, lock)
            if not locks.take(lock):
                time.sleep(_LOOK_SECONDS)
                return
            slot = slots.take(self._shelf.name, stem)
            files.callback(os.close, slot)
            listening = _listening(folder, stem)
            files.callback(listening.close)
            given = [
                ("--lock-fd", lock),
                ("--slot-fd", slot),
                ("--listen-fd", listening.fileno()),
            ]
            for image, known in pairs:
                given.append(("--image-fd", image))
                if known is not None:
                    given.append(("--known-fd", known))
            launch(["--idle", str(self._idle)], given)


def _unlink(folder: int, name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def _listening(folder: int, stem: str) -> _socket.socket:
    _unlink(folder, f"{stem}.sock")
    listening = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        os.fchmod(listening.fileno(), 0o600)  # what bind() gives the file
        listening.bind(socket_address(folder, stem))
        listening.listen(64)
    except BaseException:
        listening.close()
        raise
    return listening


def _body(answer: Mapping[str, Any]) -> bytes:
    status, body = answer.get("status"), answer.get("body")
    if status == 200 and isinstance(body, str):
        return body.encode()
    why = str(answer.get("error", "The explorer gave no answer."))
    raise ViewError(status if isinstance(status, int) else 503, why)
