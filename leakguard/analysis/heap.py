"""One heap image with the trees that every later step asks."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from leakguard.analysis import _graph
from leakguard.analysis.origin import Origins
from leakguard.analysis.root_order import roots_in_order
from leakguard.analysis.uncollectable import uncollectable
from leakguard.image import EdgeKind, RootKind, TypeKind
from leakguard.image.format import LABEL_SHIFT, TYPE_FLAG_PYTHON_CLASS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leakguard.image import HeapImage, Label

# People recognise a way that starts at a module, even where a frame or C would be a step closer.
_TIERS: dict[int, int] = {
    RootKind.MODULE: 1,
    RootKind.THREAD: 2,
    RootKind.C_HELD: 2,
    RootKind.TYPE: 3,
    RootKind.IMMORTAL: 4,
}
_NAMED = frozenset({int(RootKind.MODULE), int(RootKind.THREAD), int(RootKind.C_HELD)})


@dataclass(frozen=True, slots=True)
class Step:
    """A node on a path, and the edge by which the path came to it (None for the first)."""

    node: int
    edge: int | None


class Heap:
    """Dominators, shortest paths and groups of similar objects of one image.

    Means something while the image is open.
    """

    def __init__(self, image: HeapImage) -> None:
        self.image = image
        self.origins = Origins(image)
        self.circles: list[int] = []
        """Where cycles that the collector cannot free would be held, in its eyes: roots as well."""
        self.paths = self._path_tree()
        self.circles = uncollectable(image, self.paths.tier)
        if self.circles:
            self.paths = self._path_tree()
        roots = memoryview(array("I", [*image.root_node, *self.circles]))
        self.tree = _graph.dominator_tree(
            image.edge_offset,
            image.edge_target,
            image.node_size,
            roots if self.circles else image.root_node,
        )
        self.group_count = image.type_count + len(image.ident_name)
        self.group = _graph.group_column(
            image.node_type, image.type_count, image.named_node, image.named_ident
        )
        self._labels: dict[int, Label] = {}
        self._class_names: dict[int, frozenset[str]] = {}

    def _path_tree(self) -> _graph.PathTree:
        image = self.image
        roots = sorted(
            (_TIERS[kind], self.origins.preference(node) if kind in _NAMED else 0, index, node)
            for index, (node, kind) in enumerate(roots_in_order(image))
        )
        nodes, tiers = array("I"), array("B")
        for tier, _, _, node in roots:
            nodes.append(node)
            tiers.append(tier)
        for node in self.circles:
            nodes.append(node)
            tiers.append(_TIERS[RootKind.C_HELD])
        return _graph.path_tree(
            image.edge_offset, image.edge_target, memoryview(nodes), memoryview(tiers)
        )

    @property
    def total(self) -> int:
        """Bytes of the whole heap."""
        return self.image.stats[1]

    def kind(self, node: int) -> int:
        """The TypeKind of a node, as a number."""
        return self.image.type_kind[self.image.node_type[node]]

    def type_name(self, node: int) -> str:
        """The qualified name of a node's type."""
        return self.image.type_name(self.image.node_type[node])

    def class_names(self, node: int) -> frozenset[str]:
        """The qualified names of a node's type and, for a Python class, of its bases."""
        type_index = self.image.node_type[node]
        found = self._class_names.get(type_index)
        if found is None:
            own = self.image.type_name(type_index)
            found = frozenset({own, *self._base_names(node)})
            self._class_names[type_index] = found
        return found

    def _base_names(self, node: int) -> Iterator[str]:
        if not self.image.type_flags[self.image.node_type[node]] & TYPE_FLAG_PYTHON_CLASS:
            return
        here = node
        for slot in ("__class__", "__mro__"):
            below = self._by_slot(here, slot)
            if below is None:
                return
            here = below
        for edge in self.image.edges(here):
            ident = self.image.ident_of(self.image.edge_target[edge])
            if ident is not None:
                yield ident.name

    def _by_slot(self, node: int, name: str) -> int | None:
        labels = self.image.edge_label
        for edge in self.image.edges(node):
            # without making a Label of each entry of a large container
            if labels[edge] >> LABEL_SHIFT == EdgeKind.SLOT and self.label(edge).name == name:
                return self.image.edge_target[edge]
        return None

    def label(self, edge: int) -> Label:
        """How an edge's source refers to its target."""
        found = self._labels.get(edge)
        if found is None:
            found = self._labels[edge] = self.image.label(edge)
        return found

    def slot_name(self, step: Step) -> str:
        """The attribute or internal field by which a path came to a node, "" for anything else."""
        if step.edge is None:
            return ""
        label = self.label(step.edge)
        return label.name if label.kind in (EdgeKind.SLOT, EdgeKind.ATTR) else ""

    def retained(self, node: int) -> int:
        """Bytes that would be freed with a node."""
        return self.tree.retained[node]

    def path(self, node: int) -> list[Step]:
        """The shortest path from a root to a node; empty for what no root reaches."""
        if not self.paths.tier[node]:
            return []
        steps: list[Step] = []
        parent, parent_edge = self.paths.parent, self.paths.parent_edge
        while parent[node] != _graph.NONE:
            steps.append(Step(node, parent_edge[node]))
            node = parent[node]
        steps.append(Step(node, None))
        steps.reverse()
        return steps

    def ancestors(self, node: int) -> set[int]:
        """Everything above a node: on its shortest path, or dominating it."""
        above: set[int] = set()
        for parent, end in (
            (self.paths.parent, _graph.NONE),
            (self.tree.immediate, self.tree.node_count),
        ):
            here = parent[node]
            while here not in (end, _graph.NONE):
                above.add(here)
                here = parent[here]
        return above

    def members(self, holder: int, group: int, limit: int) -> list[Step]:
        """Up to `limit` objects of a group whose shortest path ends with an edge from `holder`."""
        found: list[Step] = []
        target = self.image.edge_target
        for edge in self.image.edges(holder):
            node = target[edge]
            if self.group[node] == group and self.paths.parent_edge[node] == edge:
                found.append(Step(node, edge))
                if len(found) == limit:
                    break
        return found

    @cached_property
    def root_kinds(self) -> dict[int, int]:
        """Why each root is alive: a RootKind, as a number."""
        kinds = dict.fromkeys(self.circles, int(RootKind.C_HELD))
        return {**kinds, **dict(zip(self.image.root_node, self.image.root_kind, strict=True))}

    def is_python_instance(self, node: int) -> bool:
        """Whether a node is an instance of a class written in Python."""
        flags = self.image.type_flags[self.image.node_type[node]]
        return bool(flags & TYPE_FLAG_PYTHON_CLASS) and self.kind(node) != TypeKind.TYPE
