"""The sentence on the first suspect, from its fields: who, how much, what, where, which line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.page.chain import place
from leakguard.page.names import name
from leakguard.report import units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from leakguard.analysis.findings import Findings, Suspect
    from leakguard.analysis.route_findings import AllocationLine, RouteShare
    from leakguard.page.catalogue import Words

MOST_SURE = 0.99
_LEAST_SHARE = 0.04
_ALONE = 0.95
_MOST_NAMED = 3
_MOST_LINES = 2
_MUCH_OF_LINES = 0.25


def accuse(words: Words, findings: Findings) -> Markup:
    """`GET /leak leaks 8.0 MB a request (97 % sure): 50 Thing objects in …`"""
    suspect = findings.suspects[0]
    grown = bool(suspect.growth_bytes and suspect.growth_bytes > 0)
    what, certain = (
        _with_lines(words, _what(words, suspect), suspect.lines),
        sure(words, findings.verdict.confidence),
    )
    routes = _routes(suspect)
    if routes:
        who = words.listed([_who(words, share, len(routes)) for share in routes])
        amount = _amount(words, routes)
        key = "say.leaks" if grown else "say.seems"
        told = words(key, who=who, amount=amount, sure=certain, what=what)
    else:
        told = words("say.grows" if grown else "say.stands_out", sure=certain, what=what)
    return told + _figures(words, findings, routes, grown) + _others(words, findings)


def accuse_extension(words: Words, findings: Findings) -> Markup | None:
    """The sentence on what a route leaves behind and no Python object owns; None without one."""
    left = [(one.unreached, one.route) for one in findings.routes if one.unreached is not None]
    if not left:
        return None
    worst, route = max(left, key=lambda one: one[0].bytes)
    told = words(
        "say.leaks",
        who=words.route(route),
        amount=_each(words, route, worst.bytes_per_request),
        sure=sure(words, findings.verdict.confidence),
        what=_with_lines(words, words("say.unreached"), worst.lines),
    )
    growth = findings.growth
    if growth is None or growth.seconds <= 0:
        return told
    rate = units.size(round(60 * worst.bytes / growth.seconds))
    return told + words("say.gained", bytes=units.size(worst.bytes), rate=rate)


def sure(words: Words, confidence: float) -> Markup:
    """How sure something is, never wholly."""
    return words("verdict.sure", percent=units.percent(min(confidence, MOST_SURE)))


def _routes(suspect: Suspect) -> list[RouteShare]:
    """Those that made a part that is not owed to chance."""
    return [
        share
        for at, share in enumerate(suspect.routes)
        if share.share >= _LEAST_SHARE and (share.share > share.margin or not at)
    ][:_MOST_NAMED]


def _who(words: Words, share: RouteShare, count: int) -> Markup:
    who = words.route(share.route)
    if count == 1 and share.share >= _ALONE:
        return who
    return words("say.share", name=who, percent=units.percent(share.share))


def _amount(words: Words, routes: list[RouteShare]) -> Markup:
    return _each(words, routes[0].route, routes[0].bytes_per_request)


def _each(words: Words, route: str, size: float | None) -> Markup:
    if size is None or size < 0.5:
        return words("say.amount.none")
    unit = "request"
    if route.startswith("WS "):
        unit = "connection"
    elif " /" not in route and not route.startswith("("):
        unit = "run"
    return words(f"say.amount.{unit}", bytes=units.size(round(size)))


def _with_lines(words: Words, what: Markup, lines: Sequence[AllocationLine]) -> Markup:
    places = [
        place(line.file, line.line)
        for at, line in enumerate(lines[:_MOST_LINES])
        if line.line and (not at or line.share >= _MUCH_OF_LINES)
    ]
    return words("say.lines", what=what, places=words.listed(places)) if places else what


def _what(words: Words, suspect: Suspect) -> Markup:
    type_, holder = name(suspect.object_type.rpartition(".")[2]), name(suspect.holder)
    count = units.count(suspect.object_count)
    if suspect.kind == "native":
        return words("say.native", count=count, type=type_)
    if suspect.object_count == 1:
        return words("say.single", holder=holder, type=type_)
    repeats = [link.repeats for link in suspect.chain[-2:]]
    # Neighbours that repeat together are a chain; a last one alone may also be many siblings.
    linked = len(repeats) == 2 and repeats[0] == repeats[1] > 1
    return words("say.linked" if linked else "say.pile", count=count, type=type_, holder=holder)


def _figures(words: Words, findings: Findings, routes: list[RouteShare], grown: bool) -> Markup:
    suspect, growth = findings.suspects[0], findings.growth
    told = words(
        "say.retains",
        bytes=units.size(suspect.retained_bytes),
        percent=units.percent(suspect.share),
    )
    if grown and growth is not None and growth.seconds > 0:
        gained = suspect.growth_bytes or 0
        rate = units.size(round(60 * gained / growth.seconds))
        told += words("say.gained", bytes=units.size(gained), rate=rate)
    requests = sum(share.requests for share in routes)
    return told + (words("say.served", count=units.count(requests)) if requests else "")


def _others(words: Words, findings: Findings) -> Markup | str:
    count = len(findings.suspects) - 1
    return words("say.others", count=count) if count else ""
