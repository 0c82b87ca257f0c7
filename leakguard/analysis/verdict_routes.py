"""Whose requests a suspect's memory came from, and which line made it, in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from leakguard.analysis.origin import Origin, origin_of
from leakguard.analysis.verdict_units import byte_words
from leakguard.image.format import NO_REQUEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leakguard.analysis.findings import Suspect
    from leakguard.analysis.route_findings import AllocationLine, RouteShare

# A route with less of a suspect, or with a part of its margin only, may owe that to chance.
_LEAST_SHARE = 0.04
_OF_MARGIN = 0.7
_MOST_NAMED = 3
# From this share on a route is as good as alone.
_ALONE = 0.95
_SPECIAL = {
    NO_REQUEST: "work outside of requests",
    "(in flight)": "requests in flight",
    "(other)": "the other routes",
    "(unmatched)": "requests that match no route",
    "(other tracks)": "the other tracks",
}
_PLURAL = frozenset({"(in flight)", "(other)", "(unmatched)", "(other tracks)"})
_INSTALLED = re.compile(r".*/(?:site|dist)-packages/")
_MOST_LINES = 2
_MUCH_OF_LINES = 0.25
_DIRECTORIES = 2


class RoutesWords(NamedTuple):
    """`GET /cart/{n}`, whether that is one thing, ` 910 bytes a request`, and their requests."""

    who: str
    one: bool
    amount: str
    requests: int

    def verb(self, plural: str) -> str:
        """`leak` or `seem to leak`, as it follows `who`."""
        word, _, rest = plural.partition(" ")
        return (f"{word}s" if self.one else word) + (f" {rest}" if rest else "")


def routes_words(suspect: Suspect) -> RoutesWords | None:
    """The routes of a suspect in words, None where none is known for certain.

    What no request allocated is named where nothing has more of it: beside a route it is what the
    server made for each of its requests before anyone could know the route.
    """
    told = [
        share
        for at, share in enumerate(suspect.routes)
        if share.share >= _LEAST_SHARE
        and (not at or (share.share > _OF_MARGIN * share.margin and share.route != NO_REQUEST))
    ][:_MOST_NAMED]
    if not told:
        return None
    names = [_name_with_share(share, alone=len(told) == 1) for share in told]
    return RoutesWords(
        who=_capital(_joined(names)) if told[0].route in _SPECIAL else _joined(names),
        one=len(told) == 1 and told[0].route not in _PLURAL,
        amount=_amount(told),
        requests=sum(share.requests for share in told),
    )


def runs_word(suspect: Suspect, count: int) -> str:
    """`requests`, or `connections` or `runs` where a suspect's routes are such."""
    units = {_unit(share.route).removeprefix("a ") for share in suspect.routes}
    unit = units.pop() if len(units) == 1 else "request"
    return unit if count == 1 else f"{unit}s"


def name_of(route: str) -> str:
    """A route as it stands in a sentence."""
    return _SPECIAL.get(route, route)


def lines_words(suspect: Suspect) -> str:
    """`, allocated at shop/cart.py:41`; empty where no line is known."""
    modules = {link.file: link.name for link in suspect.chain if link.type == "module"}
    return places_words(suspect.lines, modules)


def places_words(
    lines: Sequence[AllocationLine], modules: Mapping[str | None, str] | None = None
) -> str:
    """The same of any lines; `modules` are names by file, as far as known."""
    known = [line for line in lines if line.line]
    # A library's line says little beside the application's own.
    own = [line for line in known if origin_of("", line.file) is Origin.APPLICATION]
    shown = [
        f"{_place(line.file, (modules or {}).get(line.file, ''))}:{line.line}"
        for at, line in enumerate((own or known)[:_MOST_LINES])
        if not at or line.share >= _MUCH_OF_LINES
    ]
    return f", allocated at {_joined(shown)}" if shown else ""


def _name_with_share(share: RouteShare, *, alone: bool) -> str:
    name = name_of(share.route)
    if alone and share.share >= _ALONE:
        return name
    return f"{name} ({100 * share.share:.0f} %)"


def _amount(told: list[RouteShare]) -> str:
    """` 10.0 kB and 910 bytes a request`, ` 910 bytes a request each`."""
    known = [
        (_bytes(share.bytes_per_request), _unit(share.route))
        for share in told
        if share.bytes_per_request is not None and share.bytes_per_request >= 0.5
    ]
    if not known:
        return ""
    if len(set(known)) == 1 and len(known) == len(told) > 1:
        return f" {known[0][0]} {known[0][1]} each"
    if len({unit for _, unit in known}) == 1:
        return f" {_joined([amount for amount, _ in known])} {known[0][1]}"
    return " " + _joined([f"{amount} {unit}" for amount, unit in known])


def _bytes(count: float) -> str:
    return f"{count:.0f} bytes" if count < 999.5 else byte_words(count)


def _unit(route: str) -> str:
    if route.startswith("WS "):
        return "a connection"
    # A track has the name that the application gave it.
    return "a request" if " /" in route or route in _SPECIAL else "a run"


def _place(file: str, module: str) -> str:
    """The end of a path that tells most: as much as the module's name has, if that is known."""
    path = _INSTALLED.sub("", file)
    if module:
        depth = module.count(".") + (2 if path.endswith("/__init__.py") else 1)
        return "/".join(path.split("/")[-depth:])
    return "/".join(path.split("/")[-_DIRECTORIES:])


def _joined(words: list[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
