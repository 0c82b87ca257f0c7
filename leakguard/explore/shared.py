"""What a suspect's holder refers to and does not retain alone, since others hold it as well."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.heap import Heap
    from leakguard.explore.wording import Wording

_OWNS = 2
"""A holder that retains less than this part of what was told of it is not the only one."""
_DEEPEST = 3
_MOST_LOOKED_AT = 2_000_000
"""References, and with them a bounded time."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Objects of one type that several hold; `edge` is how `source`, a part of the holder, refers
    to the first of them."""

    nodes: Sequence[int]
    edge: int
    source: int

    def told(self, wording: Wording, heap: Heap, most: int) -> dict[str, Any]:
        """A node of the answer, which retains at most `most` bytes."""
        first, sizes = self.nodes[0], heap.image.node_size
        return wording.described(first) | {
            "retained": min(sum(heap.retained(node) for node in self.nodes), most),
            "shallow": sum(sizes[node] for node in self.nodes),
            "count": len(self.nodes),
            "role": "chain",
            "expandable": False,
            "opened": False,
            "words": wording.words(first, len(self.nodes)),
        }

    def edge_to(self, wording: Wording, top: int) -> dict[str, Any]:
        """The reference from the holder to them."""
        label = wording.edge(self.edge, self.source)
        return {"from": top, "to": self.nodes[0], "label": label, "chain": True}


def gathered(heap: Heap, top: int, kind: str, claimed: int) -> Gathered | None:
    """The objects of the type `kind` that have gathered under `top` and are held by others too.

    `claimed` is what the suspect was told to retain, in bytes. None where the holder retains most
    of that itself, or nothing of that type is found near it.
    """
    if not kind or _OWNS * heap.retained(top) >= claimed:
        return None
    image, dominator = heap.image, heap.tree.immediate
    # who also refers to an object is below one of these, or a root
    above = {*heap.ancestors(top), image.node_count} - {top}
    found: dict[int, tuple[int, int]] = {}
    here, left = [top], _MOST_LOOKED_AT
    for _ in range(_DEEPEST):
        below = []
        for source in here:
            edges = image.edges(source)[:left]
            left -= len(edges)
            for edge in edges:
                target = image.edge_target[edge]
                if dominator[target] == source:
                    below.append(target)
                elif (
                    dominator[target] in above
                    and target not in above
                    and heap.type_name(target) == kind
                ):
                    found.setdefault(target, (edge, source))
        here = below
    if not found:
        return None
    first = next(iter(found))
    return Gathered(array("I", found), *found[first])
