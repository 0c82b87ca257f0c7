"""The token of an app that was given none: made once, kept for all its workers.

    shared_token(app=None)  what `leakguard token` prints
    app_token(app)          what a worker of the app uses; makes it where there is none yet

It is a file of mode 0600 in the user's private directory (see `private_dir`), one for each app
name. A worker that comes second reads what the first one wrote: the file appears under its name
only when it is complete.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from typing import TYPE_CHECKING

from leakguard.errors import LeakGuardError
from leakguard.option_values import MIN_TOKEN_LENGTH
from leakguard.private_dir import OWN_DIRECTORY, directories, directory, opened

if TYPE_CHECKING:
    from pathlib import Path

    from leakguard.settings import Settings

_MAX_LENGTH = 4096
_UNNAMED = "default"
_ADVICE = f"set LEAKGUARD_TOKEN, or {OWN_DIRECTORY}"


def app_token(app: str = "") -> str:
    """The token of the apps called `app`, made if there is none.

    Raises `LeakGuardError` if it cannot be kept where only this user can read it.
    """
    place = directory()
    with opened(place, create=True, advice=_ADVICE) as parent:
        name = _file_name(app)
        token = _read(parent, name, place, used=True)
        if token is None:
            _publish(parent, name, secrets.token_urlsafe())
            token = _read(parent, name, place, used=True)
        if token is None:
            raise LeakGuardError(f"{place / name} vanished while it was read; try again.")
        return token


def shared_token(app: str | None = None) -> str:
    """The token a reader needs: LEAKGUARD_TOKEN, or the one that the apps called `app` share.

    `app` defaults to LEAKGUARD_APP_NAME. Where several directories have one, the one that a worker
    has used last is returned; where none has, one is made, which the app will use when it starts.
    """
    if given := os.environ.get("LEAKGUARD_TOKEN"):
        return given
    app = os.environ.get("LEAKGUARD_APP_NAME", "") if app is None else app
    name = _file_name(app)
    found: list[tuple[float, str]] = []
    for place in directories():
        try:
            with opened(place, create=False, advice=_ADVICE) as parent:
                token = _read(parent, name, place, used=False)
                if token is not None:
                    last_use = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mtime
                    found.append((last_use, token))
        except FileNotFoundError:
            continue
    return max(found)[1] if found else app_token(app)


def token_of(settings: Settings) -> str:
    """The token that an app with these settings asks for, for the command of its framework.

    Raises `LeakGuardError` if it asks for none, or none can be kept.
    """
    if settings.token:
        return settings.token
    if settings.authorize is not None:
        raise LeakGuardError(
            f"{settings.path} has no token: `authorize` decides who may ask. Set `token` as well "
            "to have one beside it."
        )
    try:
        return shared_token(settings.app_name)
    except OSError as error:
        raise LeakGuardError(
            f"the token cannot be kept: {error}; set LEAKGUARD_TOKEN instead"
        ) from error


def _file_name(app: str) -> str:
    if app and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", app):
        raise LeakGuardError(f"{app!r} cannot be the name of an app: letters, digits and ._- can.")
    return f"{app or _UNNAMED}.token"


def _read(parent: int, name: str, place: Path, *, used: bool) -> str | None:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=parent)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _damaged(place / name, error.strerror or "it cannot be opened") from error
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise _damaged(place / name, "it is not a file of this user")
        if stat.S_IMODE(found.st_mode) & 0o077:
            raise _damaged(place / name, "other users may read it")
        token = os.read(descriptor, _MAX_LENGTH).decode("ascii", "replace").strip()
        if not re.fullmatch(rf"[!-~]{{{MIN_TOKEN_LENGTH},}}", token):
            raise _damaged(place / name, "it holds no token")
        if used:
            os.utime(descriptor)
        return token
    finally:
        os.close(descriptor)


def _publish(parent: int, name: str, token: str) -> None:
    """Puts the file there complete, unless another worker has done so first."""
    draft = f".{name}.{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(draft, flags, 0o600, dir_fd=parent)
    try:
        try:
            os.write(descriptor, token.encode() + b"\n")
        finally:
            os.close(descriptor)
        # A link, not a rename: it does not replace what the worker that was first has put there.
        os.link(draft, name, src_dir_fd=parent, dst_dir_fd=parent, follow_symlinks=False)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft, dir_fd=parent)


def _damaged(path: Path, why: str) -> LeakGuardError:
    return LeakGuardError(
        f"LeakGuard does not use the token file {path}: {why}. Remove it, or set LEAKGUARD_TOKEN."
    )
