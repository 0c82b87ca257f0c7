"""The private directory that the workers of a user's apps share: only this user can look inside.

It is $XDG_RUNTIME_DIR/leakguard where that is set, else leakguard-<uid> in the temporary
directory. In the latter anybody may have put something of that name first, so the directory is
opened without following a link, and its owner and mode are checked on what was opened.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from leakguard.errors import LeakGuardError

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN_DIRECTORY = "set XDG_RUNTIME_DIR to a directory of this user's own"


def directory() -> Path:
    """Where this process keeps what it shares with the other workers."""
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if given and _is_private(Path(given)):
        return Path(given) / "leakguard"
    return _temporary()


def directories() -> list[Path]:
    """Where any app of this user may keep it: a service has no XDG_RUNTIME_DIR, a login has one."""
    session = Path(f"/run/user/{_uid()}")
    places = [directory(), *([session / "leakguard"] if _is_private(session) else []), _temporary()]
    return list(dict.fromkeys(places))


@contextmanager
def opened(path: Path, *, create: bool, advice: str = OWN_DIRECTORY) -> Iterator[int]:
    """A descriptor of the directory, for the *at() calls.

    Raises FileNotFoundError if there is none and `create` is false, `LeakGuardError` if it is not
    a directory that only this user can use; `advice` is what can be done then.
    """
    _uid()
    if create:
        try:
            path.mkdir(0o700)
        except FileExistsError:
            pass  # checked below, whoever made it
        except OSError as error:
            raise LeakGuardError(
                f"LeakGuard cannot make its private directory {path}: {error.strerror}. "
                f"{advice[:1].upper()}{advice[1:]}."
            ) from error
    with _checked(path, None, path, advice) as descriptor:
        yield descriptor


@contextmanager
def below(parent: int, name: str, path: Path, *, create: bool) -> Iterator[int]:
    """The same for the directory `name` in the one that `parent` is a descriptor of.

    `path` is where that is, for the message of an error.
    """
    if create:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=parent)
    with _checked(name, parent, path, OWN_DIRECTORY) as descriptor:
        yield descriptor


@contextmanager
def _checked(target: str | Path, parent: int | None, path: Path, advice: str) -> Iterator[int]:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(target, flags, dir_fd=parent)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unsafe(path, "is a link, no directory, or not accessible", advice) from error
    try:
        uid, found = _uid(), os.fstat(descriptor)
        if found.st_uid != uid:
            raise _unsafe(path, f"belongs to the user id {found.st_uid}, not {uid}", advice)
        if stat.S_IMODE(found.st_mode) & 0o077:
            mode = stat.S_IMODE(found.st_mode)
            raise _unsafe(path, f"is open to other users (mode {mode:o})", advice)
        yield descriptor
    finally:
        os.close(descriptor)


def _temporary() -> Path:
    try:
        place = tempfile.gettempdir()
    except OSError:  # nothing can be written anywhere
        place = "/tmp"  # nothing can be made there either, and that is told
    return Path(place) / f"leakguard-{_uid()}"


def _is_private(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return (
        path.is_absolute()
        and stat.S_ISDIR(found.st_mode)
        and found.st_uid == _uid()
        and not stat.S_IMODE(found.st_mode) & 0o022
    )


def _uid() -> int:
    if not hasattr(os, "geteuid") or not hasattr(os, "O_NOFOLLOW"):
        raise LeakGuardError(
            "LeakGuard cannot share files between workers on this system; set LEAKGUARD_TOKEN."
        )
    return os.geteuid()


def _unsafe(path: Path, why: str, advice: str) -> LeakGuardError:
    return LeakGuardError(
        f"LeakGuard does not trust {path}: it {why}, so somebody else could read or replace what "
        f"is kept there. Remove it, or {advice}."
    )
