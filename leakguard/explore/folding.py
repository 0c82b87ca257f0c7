"""Alike objects drawn as one: siblings under a dominator, and the links of a linked chain."""

from __future__ import annotations

from array import array
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from leakguard.analysis import _graph
from leakguard.analysis.accumulation import ACCUMULATION_POINT
from leakguard.analysis.linked import linked_chains
from leakguard.image.format import LABEL_MASK, LABEL_SHIFT, NAMED_EDGE_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from leakguard.analysis.heap import Heap

MOST_NAMED = 8
"""So many siblings of one type under names of their own are drawn one by one, for their names."""
_LEAST_PART = 200
"""A linked chain is looked for where it retains at least this part of what is drawn."""
_NAMED = frozenset(int(kind) for kind in NAMED_EDGE_KINDS)
_INDIRECT = -1


@dataclass(frozen=True, slots=True)
class Fold:
    """Objects that are drawn as one node; `nodes[0]` stands for them all.

    `retained` is what would be freed with all of them, in bytes. `run` are the folds of the linked
    chain that begins here or goes on, in their order.
    """

    nodes: Sequence[int]
    retained: int
    source: int
    """The dominator of the first of them."""
    run: tuple[Fold, ...] = field(default=(), repr=False)
    linked: bool = False

    @property
    def id(self) -> int:
        """The number of the first of them: no other fold of the heap has it."""
        return self.nodes[0]


class Folding:
    """The folds of everything that one node dominates, each made when it is asked for.

    Siblings are folded that have one type and are referred to by one kind of label: those without
    names of their own (items, data keys) from two on, those with names when there are more than
    `MOST_NAMED`. The head of a linked chain is never folded, and neither is one that holds most of
    what its like hold together. The links of a linked chain fold by their place in its pattern.
    """

    def __init__(self, heap: Heap, top: int) -> None:
        self._heap = heap
        self._pattern: dict[int, tuple[int, int]] = {}
        self._in_run: set[int] = set()
        self._below: dict[int, tuple[Fold, ...]] = {}
        floor = max(1, heap.retained(top) // _LEAST_PART)
        for found in linked_chains(heap, floor):
            period, repeats = len(found.pattern), found.repeats
            self._pattern[found.holder] = (period, repeats)
            passed = self._links_between(found.holder, top, period * repeats)
            if passed is not None:
                # what is drawn begins within the chain
                self._pattern[top] = (period, repeats - -(-passed // period))

    def single(self, node: int) -> Fold:
        """One object, with the linked chain that begins there."""
        heap = self._heap
        return Fold((node,), heap.retained(node), heap.tree.immediate[node], self._run(node))

    def has_below(self, fold: Fold) -> bool:
        """Whether anything hangs on a fold; to be had for less than what it is."""
        child, offset = self._heap.tree.child, self._heap.tree.child_offset
        return bool(fold.run) or any(
            node not in self._in_run
            for source in fold.nodes
            for node in child[offset[source] : offset[source + 1]]
        )

    def below(self, fold: Fold) -> tuple[Fold, ...]:
        """What hangs on a fold: what its objects dominate immediately, the largest first."""
        found = self._below.get(fold.id)
        if found is None:
            found = self._below[fold.id] = tuple(self._found_below(fold))
        return found

    def _found_below(self, fold: Fold) -> list[Fold]:
        alike: dict[tuple[int, int], list[int]] = defaultdict(list)
        apart: list[int] = []
        child, offset = self._heap.tree.child, self._heap.tree.child_offset
        key, in_run, pattern = self._keys(), self._in_run, self._pattern
        for source in fold.nodes:
            for node in child[offset[source] : offset[source + 1]]:
                if node in in_run:
                    continue
                if node in pattern:
                    apart.append(node)
                else:
                    alike[key(node, source)].append(node)
        found = [self.single(node) for node in apart]
        for nodes in self._merged(alike):
            found += self._folded(nodes)
        found += fold.run[:1]
        found.sort(key=lambda one: (-one.retained, one.id))
        return found

    def _links_between(self, head: int, node: int, most: int) -> int | None:
        """How many links below `head` a node is, None where it is none of the next `most`."""
        for passed in range(1, most + 1):
            head = self._heap.tree.heavy[head]
            if head in (node, _graph.NONE):
                return passed if head == node else None
        return None

    def _keys(self) -> Callable[[int, int], tuple[int, int]]:
        """Tells of what sort a child is, and how it is referred to: by name, else by kind of label.
        What it looks into is at hand: there may be a million children."""
        paths, group, labels = self._heap.paths, self._heap.group, self._heap.image.edge_label
        parent, parent_edge = paths.parent, paths.parent_edge

        def key(node: int, source: int) -> tuple[int, int]:
            if parent[node] != source:
                return (group[node], _INDIRECT)
            label = labels[parent_edge[node]]
            kind = label >> LABEL_SHIFT
            return (group[node], label if kind in _NAMED else kind << LABEL_SHIFT)

        return key

    def _merged(self, alike: dict[tuple[int, int], list[int]]) -> Iterable[list[int]]:
        """The same, of one type and kind of label together where there are many names."""
        by_kind: dict[tuple[int, int], list[list[int]]] = defaultdict(list)
        for (_, label), nodes in alike.items():
            kind = label if label == _INDIRECT else label & ~LABEL_MASK
            by_kind[self._heap.image.node_type[nodes[0]], kind].append(nodes)
        for groups in by_kind.values():
            if len(groups) > MOST_NAMED:
                yield [node for nodes in groups for node in nodes]
            else:
                yield from groups

    def _folded(self, nodes: list[int]) -> list[Fold]:
        heap, retained = self._heap, self._heap.tree.retained
        found: list[Fold] = []
        total = sum(map(retained.__getitem__, nodes))
        while len(nodes) > 1:
            most = max(map(retained.__getitem__, nodes))
            if most <= ACCUMULATION_POINT * total or not total:
                break
            largest = min(node for node in nodes if retained[node] == most)
            found.append(self.single(largest))
            total -= most
            nodes = [node for node in nodes if node != largest]
        if len(nodes) == 1:
            return [*found, self.single(nodes[0])]
        # a number of a list takes eight times as much, and there may be a million of them
        packed = array("I", nodes)
        return [*found, Fold(packed, total, heap.tree.immediate[nodes[0]])]

    def _run(self, head: int) -> tuple[Fold, ...]:
        if head not in self._pattern:
            return ()
        heap = self._heap
        period, repeats = self._pattern[head]
        places: list[list[int]] = [[] for _ in range(period)]
        node = head
        for at in range(period * repeats):
            node = heap.tree.heavy[node]
            first = places[at % period][0] if places[at % period] else node
            if node == _graph.NONE or heap.group[node] != heap.group[first]:
                break
            places[at % period].append(node)
        places = [nodes for nodes in places if nodes]
        self._in_run.update(node for nodes in places for node in nodes)
        run: tuple[Fold, ...] = ()
        for nodes in reversed(places):
            above = heap.tree.immediate[nodes[0]]
            run = (Fold(array("I", nodes), heap.retained(nodes[0]), above, run, linked=True), *run)
        return run
