"""What an option may be: a check for each kind of value, as it comes from a keyword, an environment
variable or a framework's settings.

A check takes the value and the name under which it was given. It returns the value as `Settings`
keeps it, or raises `SettingsError` saying what is possible; texts are understood for every kind,
for the environment knows nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from leakguard.errors import SettingsError

if TYPE_CHECKING:
    from leakguard.endpoint import EndpointRequest

MIN_TOKEN_LENGTH = 16

_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def token(value: object, name: str) -> str:
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


def authorize(value: object, name: str) -> Callable[[EndpointRequest], object]:
    if not callable(value):
        raise SettingsError(
            f"{name} must be a function of the request that returns True to let it in, "
            f"not {_shown(value)}"
        )
    return value


def path(value: object, name: str) -> str:
    if not isinstance(value, str) or not _PATH.fullmatch(value):
        raise SettingsError(
            f"{name} must start with '/', name at least one segment and end without '/', "
            f"such as '/_leak'; letters, digits and ._~- are possible; it is {_shown(value)}"
        )
    return value


def allowed_hosts(value: object, name: str) -> tuple[str, ...]:
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


def app_name(value: object, name: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", value):
        raise SettingsError(
            f"{name} must be a name of at most 64 letters, digits and ._- that starts with a "
            f"letter or digit, not {_shown(value)}"
        )
    return value


def whole(lowest: int, highest: int) -> Callable[[object, str], int]:
    def check(value: object, name: str) -> int:
        if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value):
            value = int(value)
        if type(value) is not int or not lowest <= value <= highest:
            raise SettingsError(
                f"{name} must be a whole number from {lowest} to {highest}, not {_shown(value)}"
            )
        return value

    return check


def seconds(lowest: float, highest: float) -> Callable[[object, str], float]:
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


def switch(value: object, name: str) -> bool:
    if isinstance(value, str):
        value = _WORDS.get(value.strip().lower(), value)
    if not isinstance(value, bool):
        raise SettingsError(f"{name} must be True or False, not {_shown(value)}")
    return value


def sampling(value: object, name: str) -> int:
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


def memory(value: object, name: str) -> int:
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
