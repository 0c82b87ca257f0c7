"""The images that an app's workers keep for whoever wants to look around in them.

In the user's private directory there is a folder `images`, in it one for each app, and in that

    IMAGE.lgheap    an image; it appears when it is whole
    IMAGE.json      what was found in it, and the facts that a list of images shows
    not-kept        why the last one was not kept
    IMAGE.sock      where its explorer listens, and the lock that it holds: IMAGE.lock

All are this user's alone, and hold names, counts and sizes, no values.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from leakguard.errors import LeakGuardError
from leakguard.explore.errors import ViewError
from leakguard.private_dir import below, directory, opened
from leakguard.workers.entries import open_checked

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGE, KNOWN, DRAFT, NOT_KEPT = ".lgheap", ".json", ".draft", "not-kept"

_ID = re.compile(r"[0-9a-z]{4,40}(?:-[0-9a-z]{1,20}){0,3}")
_MOST_KNOWN = 16 << 20
_MOST_WORDS = 1_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept image: `created` in Unix time; a `baseline` is what later ones are compared with.
    `started` is when its process did: a pid alone may come again."""

    id: str
    pid: int
    started: float
    created: float
    objects: int
    heap_bytes: int
    file_bytes: int
    suspects: int | None
    baseline: bool

    def to_dict(self) -> dict[str, Any]:
        """The image as a list shows it."""
        return asdict(self)


class Shelf:
    """The kept images of the app of that name (`workers.App.folder`). Any thread may ask."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._path = directory() / "images" / name

    @contextmanager
    def opened(self, *, create: bool = False) -> Iterator[int]:
        """A descriptor of the folder, each step on the way checked to be only this user's.

        Raises `ViewError` (404) if there is none and `create` is false, `LeakGuardError` if it is
        not safe.
        """
        images = self._path.parent
        with contextlib.ExitStack() as steps:
            try:
                private = steps.enter_context(opened(images.parent, create=create))
                parent = steps.enter_context(below(private, images.name, images, create=create))
                folder = steps.enter_context(below(parent, self.name, self._path, create=create))
            except FileNotFoundError:
                raise ViewError(404, "No image is kept.") from None
            yield folder

    def kept(self) -> list[Kept]:
        """The images, newest first. Raises `LeakGuardError` where the folder cannot be used."""
        try:
            with self.opened() as folder:
                return kept_in(folder)
        except ViewError:
            return []

    def why_not(self) -> str:
        """Why the last image was not kept, "" if it was."""
        with contextlib.suppress(LeakGuardError, OSError), self.opened() as folder:
            return _content(folder, NOT_KEPT, _MOST_WORDS).decode(errors="replace")
        return ""

    @contextmanager
    def files(self, folder: int, image: str) -> Iterator[tuple[int, int]]:
        """Descriptors of an image, and of what was found in it. ViewError (404) if it is gone."""
        with contextlib.ExitStack() as files:
            pair = []
            for ending in (IMAGE, KNOWN):
                try:
                    descriptor = open_checked(folder, checked(image) + ending)
                except FileNotFoundError:
                    raise _unknown(image) from None
                files.callback(os.close, descriptor)
                pair.append(descriptor)
            yield pair[0], pair[1]

    def has(self, image: str) -> bool:
        """Whether an image is kept."""
        with contextlib.suppress(LeakGuardError, OSError), self.opened() as folder:
            os.stat(checked(image) + IMAGE, dir_fd=folder, follow_symlinks=False)
            return True
        return False


def kept_in(folder: int) -> list[Kept]:
    """The images in a folder, newest first."""
    found = []
    for name in os.listdir(folder):
        stem, dot, ending = name.rpartition(".")
        if dot + ending != IMAGE or not _ID.fullmatch(stem):
            continue
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            facts = json.loads(_content(folder, stem + KNOWN, _MOST_KNOWN))["image"]
            size = os.stat(name, dir_fd=folder, follow_symlinks=False).st_size
            found.append(Kept(**{**facts, "id": stem, "file_bytes": size}))
    return sorted(found, key=lambda one: (-one.created, one.id))


def checked(image: str) -> str:
    """The id of an image. Raises `ViewError` (404) for what can be none."""
    if not _ID.fullmatch(image):
        raise _unknown(image)
    return image


def _unknown(image: str) -> ViewError:
    shown = ascii(image if len(image) <= 40 else f"{image[:40]}...")
    return ViewError(404, f"There is no image {shown}: it may have made room for a newer one.")


def _content(folder: int, name: str, most: int) -> bytes:
    descriptor = open_checked(folder, name)
    try:
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(descriptor)
