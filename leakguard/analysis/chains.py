"""The reference chain of a suspect: root, holder, what piled up, as links to read."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from leakguard.analysis.findings import Link
from leakguard.analysis.heap import Step
from leakguard.analysis.naming import callable_ident, object_name, readable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.candidate import Candidate
    from leakguard.analysis.heap import Heap

MOST_LINKS = 12
_KEPT_FIRST = 5
_LOOKED_AT = 256
"""Of a path that is longer than twice this the middle is left out unread: a linked list is as deep
as it is long."""


def reference_chain(heap: Heap, candidate: Candidate) -> tuple[Link, ...]:
    """The links from a root to the accumulated objects; at most a dozen, the middle folded."""
    path = list(candidate.path)
    links = [_link(heap, step, words) for step, words in readable(heap, path)]
    tail: list[Link] = []
    if candidate.pattern:
        tail = [
            _link(heap, step, words, candidate.repeats)
            for step, words in readable(heap, [Step(candidate.holder, None), *candidate.pattern])[
                1:
            ]
        ]
    elif candidate.member is not None:
        step, words = readable(heap, [*path, candidate.member])[-1]
        # one member's key says nothing of the others
        words = "[str]" if words.startswith("['") else words
        tail = [_link(heap, step, words, candidate.count)]
    elif candidate.count > 1:
        tail = [Link(candidate.object_type, "", "[]", None, None, candidate.count)]
    tail = _shortened(tail, MOST_LINKS - _KEPT_FIRST)
    return tuple(_shortened(_folded(links), MOST_LINKS - len(tail)) + tail)


def links_to(heap: Heap, steps: Sequence[Step], repeats: int = 1) -> tuple[Link, ...]:
    """The links of any path, at most a dozen; the last one stands for `repeats` alike objects."""
    left_out = max(0, len(steps) - 2 * _LOOKED_AT)
    parts = (steps[:_LOOKED_AT], steps[-_LOOKED_AT:]) if left_out else (steps,)
    links: list[Link] = []
    for part in parts:
        if links:
            links.append(_between(left_out))
        links += _folded([_link(heap, step, words) for step, words in readable(heap, part)])
    if links and repeats > 1:
        links[-1] = dataclasses.replace(links[-1], repeats=repeats)
    return tuple(_shortened(links, MOST_LINKS))


def _link(heap: Heap, step: Step, words: str, repeats: int = 1) -> Link:
    ident = callable_ident(heap, step.node)
    if ident is None:
        ident = heap.image.type_ident_of(heap.image.node_type[step.node])
    return Link(
        type=heap.type_name(step.node),
        name=object_name(heap, step.node),
        edge=words,
        file=None if ident is None else ident.file,
        line=None if ident is None else ident.line,
        repeats=repeats,
    )


def _folded(links: list[Link]) -> list[Link]:
    """Equal neighbours (`.next ---> [Node]` again and again) as one link that repeats."""
    folded: list[Link] = []
    for link in links:
        if folded and _alike(folded[-1], link):
            last = folded[-1]
            folded[-1] = Link(
                last.type, last.name, last.edge, last.file, last.line, last.repeats + 1
            )
        else:
            folded.append(link)
    return folded


def _alike(one: Link, other: Link) -> bool:
    return (one.type, one.name, one.edge) == (other.type, other.name, other.edge)


def _shortened(links: list[Link], most: int) -> list[Link]:
    most = max(most, _KEPT_FIRST + 2)
    if len(links) <= most:
        return links
    last = most - _KEPT_FIRST - 1
    left_out = len(links) - _KEPT_FIRST - last
    return [*links[:_KEPT_FIRST], _between(left_out), *links[len(links) - last :]]


def _between(count: int) -> Link:
    return Link("...", f"{count} objects between", "", None, None)
