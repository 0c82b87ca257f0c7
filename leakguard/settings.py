"""What can be set: one frozen value, made once at start and checked completely.

A keyword wins over a LEAKGUARD_* environment variable, which wins over the settings of the web
framework, which win over the default. None counts as not given, so
`token=os.environ.get("MY_TOKEN")` falls through when it is unset.
"""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self, TypedDict

from leakguard import option_values as check
from leakguard.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from leakguard.endpoint import EndpointRequest

MAX_TOP = 50

_PREFIX = "LEAKGUARD_"
# Kubernetes writes such variables into every container when a service is called "leakguard".
_NOT_OURS = re.compile(r"LEAKGUARD_(?:SERVICE_HOST|SERVICE_PORT|PORT)(?:_.*)?")


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


_CHECKS: dict[str, Callable[[object, str], Any]] = {
    "token": check.token,
    "authorize": check.authorize,
    "path": check.path,
    "allowed_hosts": check.allowed_hosts,
    "app_name": check.app_name,
    "top": check.whole(1, MAX_TOP),
    "cooldown": check.seconds(0, 86_400),
    "timeout": check.seconds(0.1, 3_600),
    "memory_limit": check.memory,
    "max_routes": check.whole(1, 10_000),
    "sampling": check.sampling,
    "numpy": check.switch,
    "baseline": check.switch,
    "keep_images": check.whole(0, 20),
    "keep_image_bytes": check.memory,
    "listener": check.switch,
}
