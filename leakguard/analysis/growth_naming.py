"""Names and reference chains of paths of a summary, in the words that suspects have."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from leakguard.analysis import naming
from leakguard.analysis.findings import Link
from leakguard.analysis.heap import Heap, Step
from leakguard.image import EdgeKind, Ident, Label, TypeKind

if TYPE_CHECKING:
    from leakguard.analysis.growth_summary import GrowthPath, Summary


class PathNames:
    """A summary as `naming` sees a heap: path i is node i, and edge i leads to it."""

    def __init__(self, summary: Summary) -> None:
        self._paths = summary.paths
        self.image = self

    def way(self, index: int) -> list[Step]:
        """The steps from the root to a path."""
        steps: list[Step] = []
        while index >= 0:
            parent = self._paths[index].parent
            steps.append(Step(index, None if parent < 0 else index))
            index = parent
        steps.reverse()
        return steps

    def holder(self, index: int) -> str:
        """The dotted name of what is on a path."""
        return naming.holder_name(cast("Heap", self), self.way(index))

    def chain(self, index: int, members: int) -> tuple[Link, ...]:
        """The links from the root to a path; `members` is how many objects its last link has."""
        links = [
            self._link(step.node, words)
            for step, words in naming.readable(cast("Heap", self), self.way(index))
        ]
        last = links[-1]
        links[-1] = Link(last.type, last.name, last.edge, last.file, last.line, max(1, members))
        return tuple(links)

    # -- what naming asks of a heap

    def label(self, edge: int) -> Label:
        """The last reference of a path."""
        path = self._paths[edge]
        return Label(path.edge, path.edge_name, 0)

    def kind(self, node: int) -> int:
        """The TypeKind of a path's objects."""
        return self._paths[node].type_kind

    def type_name(self, node: int) -> str:
        """The qualified type name of a path's objects."""
        return self._paths[node].type

    def slot_name(self, step: Step) -> str:
        """The attribute or internal field by which a path is reached."""
        if step.edge is None:
            return ""
        path = self._paths[step.edge]
        return path.edge_name if path.edge in (EdgeKind.SLOT, EdgeKind.ATTR) else ""

    def is_python_instance(self, node: int) -> bool:
        """Whether a path's objects are instances of a class written in Python."""
        path = self._paths[node]
        return path.python_class and path.type_kind != TypeKind.TYPE

    def ident_of(self, node: int) -> Ident | None:
        """What a path's objects are called, if they are called anything."""
        path = self._paths[node]
        return Ident(path.name, path.file, path.line) if path.name else None

    def edges(self, node: int) -> range:
        """No edges: a path's name is its function's already."""
        return range(0)

    def _link(self, node: int, words: str) -> Link:
        path: GrowthPath = self._paths[node]
        return Link(path.type, path.name, words, path.file, path.line)
