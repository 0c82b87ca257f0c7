"""A suspect's reference list: from a root of the heap, link by link, to what piles up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from leakguard.report import columns, units

if TYPE_CHECKING:
    from leakguard.analysis.findings import Link, Suspect
    from leakguard.report.style import Style

MOST_LINKS = 12
_ARROW = "---> "
_SHORTEST_NAME = 16
_DEEPEST = 8  # directories of a long path that are tried
_DATA_KEY = re.compile(r"\[([a-z]+)\]")
_INSTALLED = re.compile(r".*/(?:site|dist)-packages/")


def chain_lines(suspect: Suspect, room: int, width: int, style: Style) -> list[str]:
    """A heading and the links, folded in the middle when there are more than ``room`` allows."""
    links = suspect.chain
    if room < 2 or not links:
        return []
    heading = style.quiet(f"{suspect.rank} is held by (each line refers to the next)")
    shown = min(room - 1, MOST_LINKS)
    if len(links) <= shown:
        return [heading, *(_link(link, not at, width, style) for at, link in enumerate(links))]
    # the end says what piles up, the beginning where to look
    head, tail = (shown - 1) // 2, shown - 1 - (shown - 1) // 2
    folded = len(links) - head - tail
    return [
        heading,
        *(_link(link, not at, width, style) for at, link in enumerate(links[:head])),
        style.quiet(f"       … and {units.count(folded)} more links"),
        *(_link(link, False, width, style) for link in links[len(links) - tail :]),
    ]


def in_words(link: Link, room: int) -> str:
    """One link as text of at most `room` columns, without its place."""
    return _what(link, room)


def chain_height(suspect: Suspect) -> int:
    """How many lines ``chain_lines`` has to say."""
    return 1 + min(len(suspect.chain), MOST_LINKS) if suspect.chain else 0


def _link(link: Link, first: bool, width: int, style: Style) -> str:
    indent = "  " if first else "  " + _ARROW
    room = width - len(indent)
    text = _what(link, room)
    places = shorter_places(link.file, link.line) if link.file else []
    if not places:
        return indent + text
    # the name is worth more than the directories
    spare = room - 2 - columns.width(text)
    place = next(
        (place for place in places if columns.width(place) <= spare),
        columns.fit(places[-1], room // 4),
    )
    text = _what(link, room - 2 - columns.width(place))
    gap = room - columns.width(text) - columns.width(place)
    return f"{indent}{text}{' ' * gap}{style.quiet(place)}"


def _what(link: Link, room: int) -> str:
    """The object in words; when room is short, what tells least goes first."""
    times = f"{units.count(link.repeats)} × " if link.repeats > 1 else ""
    kind = f"{times}[{columns.visible(link.type)}]"
    name, edge = columns.visible(link.name), _reader_words(link.edge, link.repeats > 1)
    if not name or edge == f".{name.rpartition('.')[2]}":
        name, edge = name or edge, ""
    if not name:
        return columns.fit(kind, room)
    how = f" ({edge})" if edge else ""
    spare = room - 1 - columns.width(kind) - columns.width(how)
    if spare < columns.width(name) and edge != columns.visible(link.edge):
        spare, how = spare + columns.width(how), ""
    if spare >= min(columns.width(name), _SHORTEST_NAME):
        return f"{kind} {columns.fit(name, spare)}{how}"
    return columns.fit(f"{kind} {name}{how}", room)


def _reader_words(edge: str, several: bool) -> str:
    """``[]`` and ``[str]`` read like types beside a type in brackets: say what they mean."""
    if edge == "[]":
        return "as items" if several else "as an item"
    if key := _DATA_KEY.fullmatch(edge):
        kind = "" if key[1] == "other" else f"{key[1]} "
        return f"under {kind}keys" if several else f"under {_article(kind)} {kind}key"
    return columns.visible(edge)


def _article(kind: str) -> str:
    return "an" if kind.startswith(("a", "e", "i", "o", "u")) else "a"


def shorter_places(file: str, line: int | None) -> list[str]:
    """File and line, then the same with fewer and fewer directories."""
    # where a package is installed tells nothing about the leak
    path = _INSTALLED.sub("", columns.visible(file))
    at = f":{line}" if line else ""
    parts = path.split("/")
    shorter = ("/".join(parts[-kept:]) for kept in range(min(len(parts) - 1, _DEEPEST), 1, -1))
    return [path + at, *(f"…/{end}{at}" for end in shorter), parts[-1] + at]
