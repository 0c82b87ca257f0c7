"""From the objects of a heap to the nodes, edges and roots of its image."""

from __future__ import annotations

import sys
from array import array
from typing import TYPE_CHECKING, Final

from leakguard.capture._pure import raw
from leakguard.capture._pure.classes import Classes
from leakguard.capture._pure.idents import ident_and_bound
from leakguard.capture._pure.pseudo import add_threads
from leakguard.capture._pure.references import References
from leakguard.capture._pure.sizes import shallow_size
from leakguard.capture._pure.splitdicts import own_split_dicts
from leakguard.image import EdgeKind, ImageBuilder, RootKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from leakguard.capture._pure.heap import Heap

_ATOMS: Final = frozenset(map(id, (str, bytes, int, float, complex)))
_POLL_EVERY: Final = 1024
FOLDED: Final = -1
_LARGE_LEAF: Final = 65536
"""Bytes from which a string is worth a node, and a name, of its own."""


class Graph:
    """Builds the image of a heap.

    `external[i]` is how many references to object i the graph does not explain; it falls while
    edges are found, and what is left makes the object a root.
    """

    def __init__(self, heap: Heap, poll: Callable[[], None]) -> None:
        self.heap = heap
        self.builder = ImageBuilder()
        self.classes = Classes(self.builder)
        self.external = heap.counts
        self.immortal = bytearray(len(heap.objects))
        self.incoming = array("q", bytes(8 * len(heap.objects)))
        self.sources = array("q")
        self.targets = array("q")
        self.labels: list[tuple[EdgeKind, str | int]] = []
        self.dropped: set[int] = set()
        self.inline = array("q", bytes(8 * len(heap.objects)))
        self._poll = poll

    def build(self) -> ImageBuilder:
        """The image, without its meta and times."""
        for position, item in enumerate(self.heap.objects):
            self.immortal[position] = raw.is_immortal(item)
        self._find_edges()
        if sys.version_info >= (3, 13):
            own_split_dicts(self)
        nodes = self._add_nodes()
        add_threads(self, nodes)
        self._add_roots(nodes)
        return self.builder

    def add_edge(self, source: int, kind: EdgeKind, value: str | int, target: int) -> None:
        """Explain one reference to an object; source and target by their place in the heap."""
        self.external[target] -= 1
        self.incoming[target] += 1
        self.sources.append(source)
        self.targets.append(target)
        self.labels.append((kind, value))

    def drop_edge(self, edge: int) -> None:
        """Take back an edge that is no reference of its own."""
        self.external[self.targets[edge]] += 1
        self.incoming[self.targets[edge]] -= 1
        self.dropped.add(edge)

    def _find_edges(self) -> None:
        references = References(self.heap)
        index = self.heap.index
        for position, item in enumerate(self.heap.objects):
            klass = self.classes.of(item)
            for kind, value, target in references.of(item, klass):
                found = index.get(id(target))
                if found is None or self.immortal[found]:
                    continue
                self.add_edge(position, kind, value, found)
                if kind is EdgeKind.ATTR and value not in klass.class_attributes:
                    self.inline[position] += 1
            if position % _POLL_EVERY == 0:
                self._poll()

    def _add_nodes(self) -> array[int]:
        """Add a node for each object, except atoms that only one reference leads to."""
        nodes = array("q")
        for position, item in enumerate(self.heap.objects):
            klass = self.classes.of(item)
            if self._is_leaf(position, item):
                nodes.append(FOLDED)
                continue
            size = shallow_size(item, klass, self.inline[position])
            ident, bound = ident_and_bound(item, klass)
            nodes.append(self.builder.node(klass.index, size, id(item), ident=ident, bound=bound))
        for edge, target in enumerate(self.targets):
            if edge in self.dropped:
                continue
            source, (kind, value) = self.sources[edge], self.labels[edge]
            if nodes[target] != FOLDED:
                self.builder.edge(nodes[source], kind, value, nodes[target])
                continue
            item = self.heap.objects[target]
            klass = self.classes.of(item)
            size = shallow_size(item, klass, 0)
            self.builder.add_size(nodes[source], size, 1, klass.index)
            self.builder.folded(klass.index, 1, size)
        return nodes

    def _is_leaf(self, position: int, item: object) -> bool:
        return (
            self.incoming[position] == 1
            and self.external[position] == 0
            and not self.immortal[position]
            and id(type(item)) in _ATOMS
            and shallow_size(item, self.classes.of(item), 0) < _LARGE_LEAF
        )

    def _add_roots(self, nodes: array[int]) -> None:
        for position, item in enumerate(self.heap.objects):
            is_type = bool(raw.type_flags(type(item)) & raw.FLAG_TYPE)
            if position in self.heap.modules:
                kind = RootKind.MODULE
            elif self.immortal[position]:
                kind = RootKind.TYPE if is_type else RootKind.IMMORTAL
            elif self.external[position] > 0:
                kind = RootKind.TYPE if is_type else RootKind.C_HELD
            else:
                continue
            self.builder.root(nodes[position], kind)
