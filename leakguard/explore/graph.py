"""The gravity graph: what a suspect retains, and the chain of references that holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leakguard.explore import chain, shared, unplaced
from leakguard.explore.errors import ViewError
from leakguard.explore.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.heap import Heap
    from leakguard.explore.folding import Fold, Folding
    from leakguard.explore.opened import Opened

FEW = 50
LEAST_PART = 1000
"""Beyond a few nodes, what retains less than this part of the suspect is drawn only when it is
asked for."""
_AT_FIRST = 2
"""The first picture takes this part of the limit, so that there is room to expand."""
_EXPANDED = 60
"""Nodes that expanding one adds at most."""


def graph(
    opened: Opened,
    longest: int,
    *,
    suspect: int | None = None,
    node: int | None = None,
    expand: Sequence[int] = (),
    collapse: Sequence[int] = (),
    limit: int = 300,
) -> dict[str, Any]:
    """What the suspect of that rank (or a node) dominates, as at most `limit` nodes and edges.

    The suspect is the first node and the largest: what is above it, the chain, is drawn with what
    it retains of this leak, at most what the suspect does. Below it the chain goes on to what has
    gathered, and what hangs on these is drawn, the largest first, alike objects folded into one
    node with their `count`. What is not drawn is summed in one node: the
    counts of the nodes from the suspect down, the rest's included, add up to all that it dominates,
    and so do their shallow sizes. `expand` adds what hangs on these nodes, `collapse` leaves it out
    where it would be drawn unasked (`opened` says of which nodes that is so).

    What a suspect's holder does not retain alone, others holding it as well, is one node more,
    which counts for nothing in these sums. A suspect that is no one object of the image is drawn as
    it was told.
    """
    if (suspect is None) == (node is None):
        raise ViewError(400, "Say which one to draw: suspect=1, or node= and its number.")
    heap, wording = opened.heap, Wording(opened.heap, longest)
    kind, claimed = "", 0
    if suspect is not None:
        accused = opened.suspect(suspect)
        holder = opened.holder(suspect)
        if holder is None:
            return unplaced.graph(accused, heap.image.node_count, wording)
        top, claimed = holder, int(accused.get("retained_bytes", 0))
        kind = str(accused["objects"]["type"]) if accused.get("objects") else ""
    else:
        assert node is not None
        top = opened.checked(node)
    above, last = chain.above(heap, top, min(chain.MOST_LINKS, (limit - 2) // 2))
    room = limit - len(above) - (limit > 1 + len(above))
    with_others = shared.gathered(heap, top, kind, claimed)
    room -= with_others is not None
    picture = _Picture(heap, opened.folding(top), top, room, kind, collapse)
    picture.begin()
    picture.expand(expand)
    nodes = [picture.told(one, wording) for one in picture.drawn]
    left_nodes = opened.node_counts[top] - sum(one["count"] for one in nodes)
    left_bytes = heap.retained(top) - sum(one["shallow"] for one in nodes)
    # of what no root reaches nothing is known to retain anything
    more = {"nodes": max(left_nodes, 0), "bytes": max(left_bytes, 0)}
    if with_others is not None:
        nodes[0]["retained"] = max(claimed, nodes[0]["retained"])
    nodes += [link.told(wording, heap, nodes[0]["retained"]) for link in above]
    edges = [one.edge(wording) for one in picture.drawn[1:]]
    edges += chain.edges(above, last, top, wording)
    if with_others is not None:
        nodes.append(with_others.told(wording, heap, nodes[0]["retained"]))
        edges.append(with_others.edge_to(wording, top))
    if more["nodes"] and len(nodes) < limit:
        nodes.append(_rest(heap.image.node_count, more))
        edges.append({"from": top, "to": nodes[-1]["id"], "label": "", "chain": False})
    return {"nodes": nodes, "edges": edges, "more": more}


def _rest(number: int, more: dict[str, int]) -> dict[str, Any]:
    """All that is not drawn, under a number that no node has."""
    return {
        "id": number,
        "type": "",
        "name": f"… and {more['nodes']:,} more",
        "retained": more["bytes"],
        "shallow": more["bytes"],
        "count": more["nodes"],
        "role": "rest",
        "expandable": False,
        "opened": False,
        "words": [],
    }


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A fold in the picture, below `above` (None: the suspect)."""

    fold: Fold
    above: _Drawn | None
    chain: bool

    def edge(self, wording: Wording) -> dict[str, Any]:
        assert self.above is not None
        ends = {"from": self.above.fold.id, "to": self.fold.id}
        return {**ends, "label": wording.held(self.fold.id, self.fold.source), "chain": self.chain}


class _Picture:
    """Which folds are drawn: the largest first, and those that were asked for."""

    def __init__(
        self,
        heap: Heap,
        folding: Folding,
        top: int,
        room: int,
        kind: str,
        closed: Sequence[int] = (),
    ) -> None:
        self._heap = heap
        self._folding = folding
        self._kind = kind
        self._room = max(room, 1)
        self._closed = frozenset(closed)
        self._opened: set[int] = set()
        self._waiting: dict[int, list[_Drawn]] = {}
        self.drawn = [_Drawn(self._folding.single(top), None, True)]

    def begin(self) -> None:
        """Draw what hangs on the chain, and on what holds most of the leak: the rest is there to be
        expanded."""
        whole, most = self.drawn[0].fold.retained, max(self._room // _AT_FIRST, 1)
        at = 0
        while at < len(self.drawn):
            here = self.drawn[at]
            at += 1
            large = 2 * here.fold.retained >= whole and len(self.drawn) < FEW
            if not (here.chain or large) or here.fold.id in self._closed:
                continue
            for one in list(self._hanging(here)):
                small = LEAST_PART * one.fold.retained < whole and len(self.drawn) >= FEW
                if small or len(self.drawn) >= most:
                    break
                self._draw(one)
                self._opened.add(here.fold.id)

    def expand(self, wanted: Sequence[int]) -> None:
        """Draw what hangs on these nodes as well, and on those of them that appear by that."""
        asked, at = frozenset(wanted), 0
        while at < len(self.drawn) and len(self.drawn) < self._room:
            here = self.drawn[at]
            at += 1
            if here.fold.id in asked and here.fold.id not in self._closed:
                for one in self._hanging(here)[: min(_EXPANDED, self._room - len(self.drawn))]:
                    self._draw(one)

    def told(self, one: _Drawn, wording: Wording) -> dict[str, Any]:
        """A node of the answer."""
        fold, sizes = one.fold, self._heap.image.node_size
        said = wording.described(fold.id)
        said["retained"] = fold.retained
        said["shallow"] = sum(map(sizes.__getitem__, fold.nodes))
        said["count"] = len(fold.nodes)
        said["role"] = "suspect" if one.above is None else "chain" if one.chain else "ordinary"
        if one.above is None:
            said["name"] = wording.holder(fold.id)
        waiting = self._waiting.get(fold.id)
        said["expandable"] = self._folding.has_below(fold) if waiting is None else bool(waiting)
        said["opened"] = fold.id in self._opened
        said["words"] = wording.words(fold.id, len(fold.nodes))
        return said

    def _hanging(self, one: _Drawn) -> list[_Drawn]:
        """What hangs on a node and is not drawn yet."""
        found = self._waiting.get(one.fold.id)
        if found is None:
            folds = self._folding.below(one.fold)
            heaviest = next((fold for fold in folds if self._is_what_gathered(fold)), None)
            found = self._waiting[one.fold.id] = [
                _Drawn(fold, one, fold.linked or (one.above is None and fold is heaviest))
                for fold in folds
            ]
        return found

    def _is_what_gathered(self, fold: Fold) -> bool:
        return bool(self._kind) and self._heap.type_name(fold.id) == self._kind

    def _draw(self, one: _Drawn) -> None:
        assert one.above is not None
        self._waiting[one.above.fold.id].remove(one)
        self.drawn.append(one)
