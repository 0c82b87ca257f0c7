"""What can be asked for below the endpoint's path, and with which method."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leakguard.endpoint.messages import Refusal

if TYPE_CHECKING:
    from leakguard.endpoint.messages import EndpointRequest


@dataclass(frozen=True, slots=True)
class Action:
    """A path below the endpoint's own, the methods that it answers, and its parameters."""

    path: str
    methods: tuple[str, ...]
    parameters: tuple[str, ...]


_READ = ("GET", "HEAD")
REPORT = Action("", _READ, ("top", "format", "worker"))
BASELINE = Action("/baseline", ("POST",), ("format",))
DIFF = Action("/diff", _READ, ("from", "to", "format"))
TRIM = Action("/trim", ("POST",), ("format",))
_ACTIONS = {action.path: action for action in (REPORT, BASELINE, DIFF, TRIM)}


def find(request: EndpointRequest, own_path: str) -> Action:
    """The action of a request. Raises `Refusal` for a path or a method that there is not."""
    action = _ACTIONS.get("" if request.path == "/" else request.path)
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
