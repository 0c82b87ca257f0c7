"""What can be set: one frozen value, made once at start and checked completely.

A keyword wins over a LEAKGUARD_* environment variable, which wins over the settings of the web
framework, which win over the default. None counts as not given, so
`token=os.environ.get("MY_TOKEN")` falls through when it is unset.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self, TypedDict

from leakguard.errors import SettingsError

if TYPE_CHECKING:
    from leakguard.endpoint import EndpointRequest

MIN_TOKEN_LENGTH = 16
MAX_TOP = 50

_PREFIX = "LEAKGUARD_"
# Kubernetes writes such variables into every container when a service is called "leakguard".
_NOT_OURS = re.compile(r"LEAKGUARD_(?:SERVICE_HOST|SERVICE_PORT|PORT)(?:_.*)?")
_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class Options(TypedDict, total=False):
    """The keywords of a LeakGuard, for type checkers: the fields of `Settings`, as they may come.

    None counts as not given.
    """

    token: str | None
    authorize: Callable[[EndpointRequest], object] | None
    path: str | None
    allowed_hosts: Iterable[str] | None
    app_name: str | None
    top: int | None
    cooldown: float | None
    timeout: float | None
    memory_limit: int | str | None
    max_routes: int | None
    sampling: bool | int | str | None
    numpy: bool | str | None
    baseline: bool | str | None
    keep_images: int | None
    keep_image_bytes: int | str | None
    listener: bool | str | None


@dataclass(frozen=True, slots=True)
class FrameworkSettings:
    """What a web framework's own settings say to LeakGuard."""

    what: str
    """What such a setting is called there, for messages: "key of app.config"."""
    spelled: Callable[[str], str]
    """How the name of an option is written there."""
    values: Mapping[str, object] = field(repr=False)
    """The settings that are LeakGuard's, by their name there."""

    def given(self, options: Iterable[str]) -> dict[str, tuple[str, object]]:
        """By option: its name there, and its value; those that are None are left out.

        Raises `SettingsError` for a name that is none of `options`, naming the close match.
        """
        known = {self.spelled(option): option for option in options}
        for name in self.values:
            if name not in known:
                raise SettingsError(_unknown(self.what, name, known))
        return {
            known[name]: (name, value) for name, value in self.values.items() if value is not None
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The options of one LeakGuard. Make it with `Settings.build`, which checks every value."""

    token: str | None = field(default=None, repr=False)
    """The secret a reader must present; None: `authorize` decides, or a token is made."""
    authorize: Callable[[EndpointRequest], object] | None = None
    """Asked with the request (`EndpointRequest`), sync or async; a true answer lets it in."""
    path: str = "/_leak"
    """Where the endpoint answers, below the app's own root path."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts that may be asked for ("shop.example", "*.shop.example", with or without a port);
    empty: any."""
    app_name: str = ""
    """The name of the app: apps of different names do not share a generated token."""
    top: int = 5
    """How many suspects are reported when the request does not say."""
    cooldown: float = 5.0
    """Seconds after a snapshot during which its result is the answer to every request."""
    timeout: float = 60.0
    """Seconds that a snapshot, with its analysis, may take."""
    memory_limit: int | None = None
    """Bytes of memory that a snapshot may use for itself; None: what the machine can spare."""
    max_routes: int = 200
    """Routes that are counted one by one; the rest share one row."""
    sampling: int = 65_536
    """Bytes from one sampled allocation to the next on average; 0: none is sampled, and routes are
    shown without their memory. True and False may be given for 65536 and for 0."""
    numpy: bool = False
    """Whether the data of numpy's arrays is sampled too; numpy is then imported at the start."""
    baseline: bool = True
    """Whether a snapshot is taken by itself after warm-up, and now and then while requests come, to
    tell what grows; False: only when the endpoint is asked."""
    keep_images: int = 2
    """How many of the newest heap images are kept to look around in, beside the baselines; 0: none.
    They are files in the user's private directory, which only this user can read, and are removed
    with the last worker of the app."""
    keep_image_bytes: int = 128 << 20
    """Bytes that the kept images of an app may take together: 20 to 45 for each object. Older ones
    make room; an image that is larger by itself is not kept."""
    listener: bool = True
    """Whether this process registers among the workers of its app and listens on a Unix socket, for
    the others and for the command line; False: it answers for itself alone, under `path`."""

    @classmethod
    def build(cls, framework: FrameworkSettings | None = None, /, **keywords: object) -> Self:
        """The settings from keywords, the environment and those of the framework.

        Raises `SettingsError` for a name that does not exist (naming the close match) and for a
        value that cannot be used.
        """
        options = {option.name: _CHECKS[option.name] for option in fields(cls)}
        for name in keywords:
            if name not in options:
                raise SettingsError(_unknown("option", name, options))
        given = framework.given(options) if framework is not None else {}
        values = {name: options[name](value, shown) for name, (shown, value) in given.items()}
        for name, text in _environment(options).items():
            values[name] = options[name](text, f"{_PREFIX}{name.upper()}")
        for name, value in keywords.items():
            if value is not None:
                values[name] = options[name](value, name)
        return cls(**values)


def _environment(options: Iterable[str]) -> Mapping[str, str]:
    """The LEAKGUARD_* variables by option name; one that is empty counts as not set."""
    variables = {_PREFIX + name.upper(): name for name in options if name != "authorize"}
    found = {}
    for variable, text in os.environ.items():
        if not variable.startswith(_PREFIX) or _NOT_OURS.fullmatch(variable):
            continue
        if variable not in variables:
            raise SettingsError(_unknown("environment variable", variable, variables))
        if text:
            found[variables[variable]] = text
    return found


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(known)}."
    return f"LeakGuard has no {what} {name!r}; {hint}"


def _token(value: object, name: str) -> str:
    # The value itself must not appear in a message: messages end up in logs.
    if not isinstance(value, str) or len(value) < MIN_TOKEN_LENGTH:
        raise SettingsError(
            f"{name} must be a text of at least {MIN_TOKEN_LENGTH} characters; make one with: "
            'python -c "import secrets; print(secrets.token_urlsafe())"'
        )
    if not re.fullmatch(r"[!-~]+", value):
        raise SettingsError(
            f"{name} must consist of ASCII letters, digits and signs without spaces: "
            "anything else does not survive an Authorization header"
        )
    return value


def _authorize(value: object, name: str) -> Callable[[EndpointRequest], object]:
    if not callable(value):
        raise SettingsError(
            f"{name} must be a function of the request that returns True to let it in, "
            f"not {_shown(value)}"
        )
    return value


def _path(value: object, name: str) -> str:
    if not isinstance(value, str) or not _PATH.fullmatch(value):
        raise SettingsError(
            f"{name} must start with '/', name at least one segment and end without '/', "
            f"such as '/_leak'; letters, digits and ._~- are possible; it is {_shown(value)}"
        )
    return value


def _allowed_hosts(value: object, name: str) -> tuple[str, ...]:
    if isinstance(value, str):
        hosts = [host.strip() for host in value.split(",") if host.strip()]
    elif isinstance(value, Iterable):
        hosts = list(value)
    else:
        raise SettingsError(f"{name} must be a list of host names, not {_shown(value)}")
    for host in hosts:
        if not isinstance(host, str) or not re.fullmatch(
            r"\*|(?:\*\.)?[A-Za-z0-9_.-]+(?::\d+)?|\[[0-9A-Fa-f:.]+\](?::\d+)?", host
        ):
            raise SettingsError(
                f"{name} has an entry {_shown(host)} that is no host name; "
                "write 'shop.example', '*.shop.example' or 'localhost:8000', without 'https://'"
            )
    return tuple(host.lower() for host in hosts)


def _app_name(value: object, name: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", value):
        raise SettingsError(
            f"{name} must be a name of at most 64 letters, digits and ._- that starts with a "
            f"letter or digit, not {_shown(value)}"
        )
    return value


def _whole(lowest: int, highest: int) -> Callable[[object, str], int]:
    def check(value: object, name: str) -> int:
        if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value):
            value = int(value)
        if type(value) is not int or not lowest <= value <= highest:
            raise SettingsError(
                f"{name} must be a whole number from {lowest} to {highest}, not {_shown(value)}"
            )
        return value

    return check


def _seconds(lowest: float, highest: float) -> Callable[[object, str], float]:
    def check(value: object, name: str) -> float:
        if isinstance(value, str) and re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", value):
            value = float(value)
        if type(value) not in (int, float) or not lowest <= value <= highest:  # type: ignore[operator]  # the type is checked just before
            raise SettingsError(
                f"{name} must be seconds from {lowest:g} to {highest:g}, not {_shown(value)}"
            )
        return float(value)  # type: ignore[arg-type]  # as above

    return check


_WORDS = {"true": True, "yes": True, "on": True, "1": True}
_WORDS |= {"false": False, "no": False, "off": False, "0": False}


def _switch(value: object, name: str) -> bool:
    if isinstance(value, str):
        value = _WORDS.get(value.strip().lower(), value)
    if not isinstance(value, bool):
        raise SettingsError(f"{name} must be True or False, not {_shown(value)}")
    return value


def _sampling(value: object, name: str) -> int:
    if isinstance(value, str):
        match = re.fullmatch(r"(\d{1,9})\s*([KMG]?)(?:i?B)?", value.strip(), re.IGNORECASE)
        value = _WORDS.get(value.strip().lower(), value)
        if match and not isinstance(value, bool):
            value = int(match[1]) * _UNITS[match[2].upper()]
    if isinstance(value, bool):
        return 65_536 if value else 0
    if type(value) is not int or not (value == 0 or 64 <= value <= 1 << 30):
        raise SettingsError(
            f"{name} must be True, False or the bytes between two samples, from 64 to 1 GB, such "
            f"as 65536 or '64K', not {_shown(value)}"
        )
    return value


def _memory(value: object, name: str) -> int:
    if isinstance(value, str):
        match = re.fullmatch(r"(\d{1,15})\s*([KMG]?)(?:i?B)?", value.strip(), re.IGNORECASE)
        value = int(match[1]) * _UNITS[match[2].upper()] if match else value
    if type(value) is not int or value < 1 << 20:
        raise SettingsError(
            f"{name} must be a number of bytes, at least 1 MB, such as 536870912 or '512MB', "
            f"not {_shown(value)}"
        )
    return value


def _shown(value: object) -> str:
    text = ascii(value) if isinstance(value, str | int | float) else f"a {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."


_CHECKS: dict[str, Callable[[object, str], Any]] = {
    "token": _token,
    "authorize": _authorize,
    "path": _path,
    "allowed_hosts": _allowed_hosts,
    "app_name": _app_name,
    "top": _whole(1, MAX_TOP),
    "cooldown": _seconds(0, 86_400),
    "timeout": _seconds(0.1, 3_600),
    "memory_limit": _memory,
    "max_routes": _whole(1, 10_000),
    "sampling": _sampling,
    "numpy": _switch,
    "baseline": _switch,
    "keep_images": _whole(0, 20),
    "keep_image_bytes": _memory,
    "listener": _switch,
}
