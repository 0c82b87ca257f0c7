"""One link of a reference list in words: what the text report says, in the page's language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markupsafe import Markup

from leakguard.page.names import name
from leakguard.report import units
from leakguard.report.chain import shorter_places

if TYPE_CHECKING:
    from leakguard.analysis.findings import Link
    from leakguard.page.catalogue import Words

_DATA_KEY = re.compile(r"\[([a-z]+)\]")
_VARIABLE = re.compile(r"(free|local|context) variable '(.*)'")
_EDGES = {
    "as a key": "edge.key",
    "in an expression": "edge.expression",
    "internally": "edge.internally",
    "indirectly": "edge.indirectly",
    "cached key": "edge.cached_key",
    "cached result": "edge.cached_result",
    "current exception": "edge.current_exception",
    "handled exception": "edge.handled_exception",
    "previous context": "edge.previous_context",
}
_DIRECTORIES = 2


def link_words(words: Words, link: Link) -> Markup:
    """`49 × [Thing] leaky.replace_thing (free variable 'original')`."""
    several = link.repeats > 1
    parts = [words("chain.times", count=units.count(link.repeats))] if several else []
    parts.append(Markup("[{}]").format(name(link.type)))
    if link.name:
        parts.append(name(link.name))
    # An attribute called like the object itself tells nothing more.
    if link.edge and link.edge != f".{link.name.rpartition('.')[2]}":
        how = _edge(words, link.edge, several)
        parts.append(Markup("({})").format(how) if link.name else how)
    return Markup(" ").join(parts)


def place(file: str | None, line: int | None) -> Markup:
    """The end of a path, and the line in it; empty where no file is known."""
    if not file:
        return Markup("")
    shorter = shorter_places(file, line)
    return name(next((p for p in reversed(shorter) if p.count("/") >= _DIRECTORIES), shorter[-1]))


def _edge(words: Words, edge: str, several: bool) -> Markup:
    if edge == "[]":
        return words("chain.items" if several else "chain.item")
    if key := _DATA_KEY.fullmatch(edge):
        return words("chain.keys" if several else "chain.key", kind=key[1])
    if edge in _EDGES:
        return words(_EDGES[edge])
    if variable := _VARIABLE.fullmatch(edge):
        return words(f"edge.{variable[1]}", name=name(variable[2]))
    return name(edge)
