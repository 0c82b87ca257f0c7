"""Saved image files, looked at in this very process: for a command that serves nothing else."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leakguard.explore import views
from leakguard.explore.errors import ViewError
from leakguard.explore.opened import Opened
from leakguard.image import HeapImage

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence


class Files:
    """Images by the ids "1", "2"... in the order given. Any thread may ask; one at a time computes.

    Raises `ImageError` and OSError as `HeapImage.open` does, MemoryError where memory runs out.
    """

    def __init__(self, files: Sequence[str | os.PathLike[str]]) -> None:
        self._lock = threading.Lock()
        self._files = [Path(file) for file in files]
        self._opened = {
            str(number): Opened(HeapImage.open(file)) for number, file in enumerate(files, 1)
        }

    def images(self) -> dict[str, Any]:
        """The images, newest first, as kept ones are listed."""
        listed = [
            self._facts(image, file) for image, file in zip(self._opened, self._files, strict=True)
        ]
        listed.sort(key=lambda facts: (-facts["created"], facts["id"]))
        return {"images": listed, "note": ""}

    def has(self, image: str) -> bool:
        """Whether there is an image of that id."""
        return image in self._opened

    def ask(self, view: str, images: Sequence[str], given: Mapping[str, str]) -> bytes:
        """A view of these images as JSON. Raises `ViewError`."""
        for image in images:
            if image not in self._opened:
                raise ViewError(404, f"There is no image {image[:40]!a}.")
        with self._lock:
            return views.answer(view, [self._opened[image] for image in images], given)

    def ask_files(self, view: str, files: Sequence[int], given: Mapping[str, str]) -> bytes:
        """A view of images in open files. Raises `ViewError` and `ImageError`."""
        with contextlib.ExitStack() as opened, self._lock:
            images = [opened.enter_context(HeapImage.open(file)) for file in files]
            return views.answer(view, [Opened(image) for image in images], given)

    def _facts(self, image: str, file: Path) -> dict[str, Any]:
        opened = self._opened[image]
        meta, stats = opened.image.meta, opened.image.stats
        with self._lock:
            suspects = len(opened.found[1])
        return {
            "id": image,
            "pid": int(meta.get("pid", 0)),
            "started": float(meta.get("started", 0.0)),
            "created": float(meta.get("created", 0.0)),
            "objects": stats[0],
            "heap_bytes": stats[1],
            "file_bytes": file.stat().st_size,
            "suspects": suspects,
            "baseline": False,
            "file": file.name,
        }
