"""The chain of references from a root down to what is drawn, as nodes of the graph."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from leakguard.analysis.naming import edge_words, object_name, readable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.heap import Heap, Step
    from leakguard.explore.wording import Wording

MOST_LINKS = 12
_LOOKED_AT = 256
"""Of a path that is longer than twice this the middle is left out unread."""


@dataclass(frozen=True, slots=True)
class Link:
    """A node of the path, or `count` alike ones that follow each other; `words` say how the one
    before refers to it. `left_out` stands for those between that are not shown."""

    node: int
    path: Sequence[Step]
    words: str
    count: int = 1
    left_out: bool = False

    def told(self, wording: Wording, heap: Heap, most: int) -> dict[str, Any]:
        """A node of the answer, which retains at most `most` bytes of what is drawn."""
        said = wording.described(self.node)
        if self.left_out:
            said |= {"type": "...", "name": "objects between"}
        return said | {
            "retained": min(heap.retained(self.node), most),
            "count": self.count,
            "role": "chain",
            "expandable": False,
            "opened": False,
            "words": wording.lines(self.path, self.count),
        }


def above(heap: Heap, node: int, most: int) -> tuple[list[Link], str]:
    """At most `most` links from a root down to a node, without it, and the words of the last
    reference. What is not worth showing (a `__dict__`, a cell) is left out."""
    path = heap.path(node)
    if len(path) < 2:
        return [], ""
    edge = path[-1].edge
    last = "" if edge is None else edge_words(heap.label(edge))
    left_out = max(0, len(path) - 2 * _LOOKED_AT)
    starts = (0, len(path) - _LOOKED_AT) if left_out else (0,)
    links: list[Link] = []
    for start in starts:
        if start:
            between = path[_LOOKED_AT].node
            links.append(Link(between, path[: _LOOKED_AT + 1], "", left_out, left_out=True))
        part = path[start : start + _LOOKED_AT] if left_out else path
        shown = readable(heap, part)
        if shown and shown[-1][0].node == node:
            last = shown.pop()[1]
        at = {step.node: index for index, step in enumerate(part, start)}
        for step, words in shown:
            _add(heap, links, Link(step.node, path[: at[step.node] + 1], words))
    return _shortened(links, most), last


def edges(links: Sequence[Link], last: str, node: int, wording: Wording) -> list[dict[str, Any]]:
    """The references along the chain down to `node`."""
    ends = [*links, Link(node, (), last)]
    return [
        {"from": one.node, "to": other.node, "label": wording.cut(other.words), "chain": True}
        for one, other in pairwise(ends)
    ]


def _add(heap: Heap, links: list[Link], link: Link) -> None:
    """Equal neighbours (`.next` again and again) are one link that repeats."""
    before = links[-1] if links else None
    if before is not None and not before.left_out and _alike(heap, before, link):
        links[-1] = replace(before, count=before.count + 1)
    else:
        links.append(link)


def _alike(heap: Heap, one: Link, other: Link) -> bool:
    return (
        one.words == other.words
        and heap.type_name(one.node) == heap.type_name(other.node)
        and object_name(heap, one.node) == object_name(heap, other.node)
    )


def _shortened(links: list[Link], most: int) -> list[Link]:
    if len(links) <= most:
        return links
    if most < 2:
        return links[: max(most, 0)]
    head = most // 2
    end = len(links) - (most - head - 1)
    middle = links[head:end]
    count = sum(link.count for link in middle)
    return [*links[:head], replace(middle[0], words="", count=count, left_out=True), *links[end:]]
