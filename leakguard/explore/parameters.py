"""What can be asked of an image: the views, their parameters, and the check of each."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final, NoReturn

from leakguard.explore.errors import ViewError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Check = Callable[[str, str], Any]

MOST_NODES: Final = (1 << 32) - 1
ROOT: Final = "root"
"""What dominates everything: the virtual root above all roots."""
_LONGEST_SEARCH: Final = 200
_MOST_EXPANDED: Final = 500
_SHOWN: Final = 40


def read(view: str, given: Mapping[str, str]) -> dict[str, Any]:
    """The checked parameters of a view, those that are not given with their defaults.

    Raises `ViewError`: 404 for a view that there is not, 400 for a parameter, each naming the close
    match.
    """
    if view not in VIEWS:
        raise ViewError(404, f"There is no view {shown(view)}; {hint(view, VIEWS)}")
    known = VIEWS[view]
    for name in given:
        if name not in known:
            message = f"The view {view!r} has no parameter {shown(name)}; {hint(name, known)}"
            raise ViewError(400, message)
    return {
        name: check(given[name], name) if name in given else default
        for name, (check, default) in known.items()
    }


def hint(name: str, known: Iterable[str]) -> str:
    """What is close to a wrong name, or all that there is."""
    known = sorted(known)
    if not known:
        return "it has none."
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(known)}."


def _whole(lowest: int, highest: int) -> Check:
    def check(text: str, name: str) -> int:
        number = _number(text)
        if number is None or not lowest <= number <= highest:
            _refuse(f"{name} must be a whole number from {lowest} to {highest}, not {shown(text)}.")
        return number

    return check


def _node_or_root(text: str, name: str) -> int | str:
    number = _number(text)
    if text == ROOT:
        return ROOT
    if number is None or number > MOST_NODES:
        _refuse(f"{name} must be the number of a node or {ROOT!r}, not {shown(text)}.")
    return number


def _nodes(text: str, name: str) -> tuple[int, ...]:
    parts = text.split(",") if text else []
    numbers = [number for part in parts if (number := _number(part)) is not None]
    if len(numbers) < len(parts) or any(number > MOST_NODES for number in numbers):
        _refuse(f"{name} must be numbers of nodes, such as 17,4, not {shown(text)}.")
    if len(numbers) > _MOST_EXPANDED:
        _refuse(f"{name} has {len(numbers)} nodes; {_MOST_EXPANDED} are possible.")
    return tuple(dict.fromkeys(numbers))


def _search(text: str, name: str) -> str:
    if len(text) > _LONGEST_SEARCH:
        _refuse(f"{name} has {len(text)} characters; {_LONGEST_SEARCH} are possible.")
    return text


def _one_of(*words: str) -> Check:
    def check(text: str, name: str) -> str:
        if text not in words:
            close = difflib.get_close_matches(text, words, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else "."
            listed = f"{', '.join(map(repr, words[:-1]))} or {words[-1]!r}"
            _refuse(f"{name} must be {listed}, not {shown(text)}{hint}")
        return text

    return check


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None


def _refuse(message: str) -> NoReturn:
    raise ViewError(400, message)


def shown(text: str) -> str:
    """Text of a request, for a message: short, and on one line."""
    return ascii(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


_NODE: Final = (_whole(0, MOST_NODES), None)
_OFFSET: Final = (_whole(0, MOST_NODES), 0)
_ROWS: Final = (_whole(1, 500), 50)

VIEWS: Final[Mapping[str, Mapping[str, tuple[Check, Any]]]] = {
    "graph": {
        "suspect": (_whole(1, 50), None),
        "node": _NODE,
        "expand": (_nodes, ()),
        "collapse": (_nodes, ()),
        "limit": (_whole(1, 500), 300),
    },
    "dominators": {"node": (_node_or_root, ROOT), "offset": _OFFSET, "limit": _ROWS},
    "types": {
        "search": (_search, ""),
        "sort": (_one_of("retained", "shallow", "count"), "retained"),
        "offset": _OFFSET,
        "limit": _ROWS,
    },
    "node": {"node": _NODE, "offset": _OFFSET, "limit": _ROWS},
    "modules": {},
    "suspects": {},
    "compare": {},
}
"""By view: its parameters, each with its check and its default. The images are no parameters here:
whoever answers has them open."""
