"""Images are kept after a snapshot, a few, in a bounded number of bytes, and removed in time."""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import secrets
import time
from typing import TYPE_CHECKING

from leakguard import workers
from leakguard.errors import LeakGuardError
from leakguard.explore import clearing
from leakguard.explore.shelf import DRAFT, IMAGE, KNOWN, NOT_KEPT, Kept, Shelf

if TYPE_CHECKING:
    from leakguard.analyser import Examined

logger = logging.getLogger("leakguard")

_PIECE = 1 << 20
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
_SPARE = 2
"""An image is kept where so many times its size is free: nobody's disk is filled."""


class Keeping:
    """Keeps the `most` newest images of an app, and the baselines that they are compared with, in
    at most `most_bytes` bytes together; `most` 0 keeps none."""

    def __init__(self, shelf: Shelf, most: int, most_bytes: int) -> None:
        self.shelf = shelf
        self._most = most
        self._most_bytes = most_bytes
        self._pid = 0
        self._why = ""

    def keep(self, image: int, examined: Examined, *, baseline: bool = False) -> None:
        """Keep the image in that open file. Raises nothing: the report is there without."""
        if self._most == 0:
            return
        try:
            self._keep(image, examined, baseline=baseline)
            self._why = ""
        except (LeakGuardError, OSError, MemoryError) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            self._why = f"The last image was not kept: {why.rstrip('.')}."
            logger.info("%s", self._why)
            self._tell(self._why)
        except Exception:
            logger.exception("an image could not be kept")
            self._why = "The last image was not kept; the server's log says why."

    def why_not(self) -> str:
        """Why there is no newer image, or none at all; "" where that is as it should be."""
        if self._most == 0:
            return "No images are kept: keep_images is 0."
        return self._why or self.shelf.why_not()

    def leave(self) -> None:
        """Remove everything if no other worker of the app lives. Raises nothing."""
        if self._pid == os.getpid():
            self._pid = 0
            with contextlib.suppress(LeakGuardError, OSError):
                clearing.clear_if_last(self.shelf)

    def _keep(self, image: int, examined: Examined, *, baseline: bool) -> None:
        size = os.fstat(image).st_size
        if size > self._most_bytes:
            raise LeakGuardError(
                f"it has {size} bytes, more than the {self._most_bytes} of keep_image_bytes"
            )
        self._watch_the_end()
        with contextlib.suppress(LeakGuardError, OSError):
            clearing.clear_others(self.shelf)
        findings = examined.findings
        kept = Kept(
            id=_new_id(),
            pid=os.getpid(),
            started=round(workers.process_started(), 2),
            created=round(time.time(), 3),
            objects=findings.snapshot.objects,
            heap_bytes=findings.snapshot.heap_bytes,
            file_bytes=size,
            suspects=len(findings.suspects),
            baseline=baseline,
        )
        known = {
            "image": kept.to_dict(),
            "findings": findings.to_dict(),
            "holders": list(examined.holders),
        }
        with self.shelf.opened(create=True) as folder:
            clearing.make_room(
                folder, kept, self._most, self._most_bytes, clearing.living(self.shelf)
            )
            free = os.fstatvfs(folder)
            if free.f_bavail * free.f_frsize < _SPARE * size:
                raise LeakGuardError(f"there is little room left where it would be ({size} bytes)")
            _write(folder, kept.id, image, json.dumps(known).encode())
            with contextlib.suppress(FileNotFoundError):
                os.unlink(NOT_KEPT, dir_fd=folder)

    def _tell(self, why: str) -> None:
        """For the other workers."""
        with contextlib.suppress(LeakGuardError, OSError), self.shelf.opened(create=True) as folder:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(NOT_KEPT, dir_fd=folder)
            descriptor = os.open(NOT_KEPT, _FLAGS, 0o600, dir_fd=folder)
            try:
                os.write(descriptor, why.encode())
            finally:
                os.close(descriptor)

    def _watch_the_end(self) -> None:
        if self._pid != os.getpid():
            self._pid = os.getpid()
            atexit.register(self.leave)  # also where the app is gone by then


def _new_id() -> str:
    """Of a later image it is greater."""
    return f"{int(time.time() * 1000):011x}-{os.getpid():x}-{secrets.token_hex(2)}"


def _write(folder: int, stem: str, image: int, known: bytes) -> None:
    draft = stem + DRAFT
    try:
        for name, source in ((stem + KNOWN, known), (draft, image)):
            descriptor = os.open(name, _FLAGS, 0o600, dir_fd=folder)
            try:
                with open(descriptor, "wb", closefd=False) as file:
                    if isinstance(source, bytes):
                        file.write(source)
                        continue
                    at = 0
                    while piece := os.pread(source, _PIECE, at):
                        file.write(piece)
                        at += len(piece)
            finally:
                os.close(descriptor)
        os.rename(draft, stem + IMAGE, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        for name in (draft, stem + KNOWN):
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=folder)
        raise
