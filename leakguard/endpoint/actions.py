"""What can be asked for below the endpoint's path, and with which method."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leakguard.endpoint.messages import Refusal

if TYPE_CHECKING:
    from leakguard.endpoint.messages import EndpointRequest
    from leakguard.endpoint.query import Form


@dataclass(frozen=True, slots=True)
class Action:
    """A path below the endpoint's own, the methods that it answers, and its parameters."""

    path: str
    methods: tuple[str, ...]
    parameters: tuple[str, ...]
    forms: tuple[Form, ...] = ("text", "json")


_READ = ("GET", "HEAD")
REPORT = Action("", _READ, ("top", "format", "worker"), ("text", "json", "html"))
LATEST = Action("/latest", _READ, ("top", "worker", "format"), ("json",))
HISTORY = Action("/history", _READ, ("worker", "format"), ("json",))
PROGRESS = Action("/progress", _READ, ("format",), ("json",))
SNAPSHOT = Action("/snapshot", ("POST",), ("top", "format"), ("json",))
STATIC = Action("/static", _READ, (), ("text",))
IMAGES = Action("/images", _READ, (), ("json",))
VIEW = Action("/view", _READ, (), ("json",))
COMPARE_FILES = Action("/view/compare-files", ("POST",), (), ("json",))
BASELINE = Action("/baseline", ("POST",), ("format",))
DIFF = Action("/diff", _READ, ("from", "to", "format"))
TRIM = Action("/trim", ("POST",), ("format",))
OF_IMAGES = (IMAGES, VIEW, COMPARE_FILES)
_ACTIONS = {
    action.path: action
    for action in (REPORT, BASELINE, DIFF, TRIM, LATEST, HISTORY, PROGRESS, SNAPSHOT, IMAGES)
}
_BELOW = {f"{action.path}/": action for action in (STATIC, VIEW)}
"""Actions whose path goes on."""


def is_for_programs(request: EndpointRequest) -> bool:
    """Whether what is asked for comes as JSON alone, errors included."""
    action = _found(request.path)
    return action is not None and action.forms == ("json",)


def check_is_meant(request: EndpointRequest) -> None:
    """Raises `Refusal` without the header that no page of another site can make a browser send."""
    if not request.header("x-leakguard"):
        raise Refusal(400, "Send the header 'X-LeakGuard: 1' with this.")


def find(request: EndpointRequest, own_path: str) -> Action:
    """The action of a request. Raises `Refusal` for a path or a method that there is not."""
    action = _found("" if request.path == "/" else request.path)
    if action is None:
        close = difflib.get_close_matches(request.path, [path for path in _ACTIONS if path], n=1)
        hint = (
            f"; did you mean {own_path}{close[0]}?" if close else f"; the report is at {own_path}."
        )
        raise Refusal(404, f"There is nothing here{hint}")
    if request.method not in action.methods:
        allowed = ", ".join(action.methods)
        raise Refusal(405, f"Ask with {action.methods[0]}.", [("allow", allowed)])
    return action


def _found(path: str) -> Action | None:
    if path == COMPARE_FILES.path:
        return COMPARE_FILES
    for start, action in _BELOW.items():
        if path.startswith(start):
            return action
    return _ACTIONS.get(path)
