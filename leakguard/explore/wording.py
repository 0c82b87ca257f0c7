"""Names and references of a heap in words, short enough for an answer that must not be large."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from leakguard.analysis import _graph
from leakguard.analysis.chains import links_to
from leakguard.analysis.naming import edge_words, holder_name, object_name
from leakguard.image import EdgeKind, TypeKind
from leakguard.report.chain import in_words, shorter_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from leakguard.analysis.findings import Link
    from leakguard.analysis.heap import Heap, Step

INDIRECT = "indirectly"
"""How a node is held whose dominator does not refer to it itself: in several ways."""
_DEEPEST_NAME = 64
_LEAST_ROOM = 12


class Wording:
    """Cuts every text in the middle to `longest` characters. Nothing is escaped: a name may hold
    anything, and whoever shows it shows it as text."""

    def __init__(self, heap: Heap, longest: int) -> None:
        self._heap = heap
        self._longest = longest
        self._types: dict[int, str] = {}

    def cut(self, text: str) -> str:
        """The text, without its middle where it is too long."""
        if len(text) <= self._longest:
            return text
        head = (self._longest - 1) // 3
        return f"{text[:head]}…{text[len(text) - (self._longest - 1 - head) :]}"

    def type(self, node: int) -> str:
        """The name of a node's type."""
        index = self._heap.image.node_type[node]
        found = self._types.get(index)
        if found is None:
            found = self._types[index] = self.cut(self._heap.image.type_name(index))
        return found

    def name(self, node: int) -> str:
        """What the object itself is called, "" for the nameless."""
        return self.cut(object_name(self._heap, node))

    def holder(self, node: int) -> str:
        """The name that a reader would search for: of the object, or of where it is."""
        own = object_name(self._heap, node)
        if own:
            return self.cut(own)
        path = self._heap.path(node)
        return self.cut(holder_name(self._heap, path)) if len(path) <= _DEEPEST_NAME else ""

    def edge(self, edge: int, source: int) -> str:
        """How an edge, which starts at `source`, refers to its target."""
        return self.cut(edge_words(self._heap.label(edge), namespace=self._is_namespace(source)))

    def held(self, node: int, dominator: int) -> str:
        """How a node's dominator refers to it."""
        paths = self._heap.paths
        if paths.parent[node] == dominator:
            return self.edge(paths.parent_edge[node], dominator)
        return INDIRECT

    def words(self, node: int, repeats: int = 1) -> list[str]:
        """The reference list from a root down to a node, a line each, as the report words it."""
        return self.lines(self._heap.path(node), repeats)

    def lines(self, path: Sequence[Step], repeats: int = 1) -> list[str]:
        """The same of a path."""
        return self.links(links_to(self._heap, path, repeats))

    def links(self, links: Iterable[Link]) -> list[str]:
        """The same of links that somebody has found."""
        lines = []
        for link in links:
            # what is cut first need not be looked at, sign by sign, for what cannot be shown
            short = replace(
                link, type=self.cut(link.type), name=self.cut(link.name), edge=self.cut(link.edge)
            )
            file = (link.file or "")[-self._longest :]
            place = f"  {shorter_places(file, link.line)[-1]}" if file else ""
            room = max(self._longest - len(place), _LEAST_ROOM)
            lines.append(self.cut(in_words(short, room) + place))
        return lines

    def described(self, node: int) -> dict[str, Any]:
        """What every answer says of a node."""
        image = self._heap.image
        said: dict[str, Any] = {
            "id": node,
            "type": self.type(node),
            "name": self.name(node),
            "retained": self._heap.retained(node),
            "shallow": image.node_size[node],
        }
        if image.node_folded[node]:
            leaf = image.type_name(image.folded_type[node])
            said["leaves"] = {"type": self.cut(leaf), "count": image.node_folded[node]}
        return said

    def _is_namespace(self, node: int) -> bool:
        if self._heap.kind(node) == TypeKind.MODULE:
            return True
        edge = self._heap.paths.parent_edge[node]
        if edge == _graph.NONE:
            return False
        label = self._heap.label(edge)
        return label.kind == EdgeKind.SLOT and label.name == "__dict__"
