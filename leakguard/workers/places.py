"""Where workers meet: in the user's private directory a folder `workers`, in it one for each app.

Three files make a worker of an app's folder, of names that are never used again:

    1234-9f86d081.live   its entry, locked by the process for as long as it lives
    1234-9f86d081.dead   the same once the process has ended; its time is when that was noticed
    1234-9f86d081.sock   where it listens
    1234-9f86d081.last   its last words
"""

from __future__ import annotations

import contextlib
import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from leakguard.private_dir import below, directories, directory, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIVE, DEAD, SOCKET, LAST_WORDS, DRAFT = ".live", ".dead", ".sock", ".last", ".draft"

_WORKERS = "workers"
_FOLDER = re.compile(r"[A-Za-z0-9._+-]{1,80}")
_MOST_FOLDERS = 1_000


def app_folder(folder: str) -> Path:
    """Where the workers of an app register that are started as this process was."""
    return directory() / _WORKERS / folder


def app_folders() -> list[Path]:
    """The folders of all apps of this user, of services and of logins."""
    found = []
    for place in directories():
        with contextlib.suppress(FileNotFoundError), opened(place, create=False) as parent:
            path = place / _WORKERS
            with below(parent, _WORKERS, path, create=False) as workers:
                with os.scandir(workers) as found_names:
                    names = sorted(item.name for item in found_names if _is_folder(item.name))
                found += [path / name for name in names[:_MOST_FOLDERS]]
    return found


@contextmanager
def opened_folder(path: Path, *, create: bool) -> Iterator[int]:
    """A descriptor of an app's folder, each step on the way checked to be only this user's.

    FileNotFoundError if there is none and `create` is false, `LeakGuardError` if it is not safe.
    """
    workers = path.parent
    with (
        opened(workers.parent, create=create) as private,
        below(private, workers.name, workers, create=create) as parent,
        below(parent, path.name, path, create=create) as folder,
    ):
        yield folder


def remove_if_empty(path: Path) -> None:
    """Remove an app's folder that nobody uses. Whoever registers makes it anew."""
    with (
        contextlib.suppress(OSError),
        opened(path.parent.parent, create=False) as private,
        below(private, path.parent.name, path.parent, create=False) as parent,
    ):
        os.rmdir(path.name, dir_fd=parent)


def socket_address(folder: int, stem: str) -> str:
    """The address of a worker's socket in the folder `folder` is a descriptor of.

    An address has at most 107 bytes, and a directory's path may have more: this one is short
    whatever the path, and means the directory that was checked whatever is renamed meanwhile.
    """
    return f"/proc/self/fd/{folder}/{stem}{SOCKET}"


def _is_folder(name: str) -> bool:
    return _FOLDER.fullmatch(name) is not None and not name.startswith(".")
