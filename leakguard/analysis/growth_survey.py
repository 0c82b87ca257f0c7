"""An image as a tree of paths, and the summary that is kept of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis import _graph, _pathtree
from leakguard.analysis.growth_roots import roles_of, roots_of
from leakguard.analysis.growth_summary import GrowthPath, Summary
from leakguard.analysis.heap import Step
from leakguard.image import EdgeKind
from leakguard.image.format import (
    DATA_KEY_CLASSES,
    DATA_KEY_SHIFT,
    LABEL_MASK,
    LABEL_SHIFT,
    NAMED_EDGE_KINDS,
    TYPE_FLAG_PYTHON_CLASS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from leakguard.image import HeapImage

# A path is kept from so many objects or bytes on; what a leak adds is soon above either.
_LEAST_OBJECTS = 8
_LEAST_BYTES = 4096
MOST_PATHS = 8192


class Survey:
    """The paths of one open image; means something while the image is open.

    `baseline` is the `keys` of the first summary, None for the image that is to be the first;
    `circles` are objects that cycles keep alive which cannot be collected (`Heap.circles`).
    Takes about 0.1 s of CPU and 40 MB for each million nodes. Raises MemoryError.
    """

    def __init__(
        self, image: HeapImage, baseline: bytes | None = None, circles: Iterable[int] = ()
    ) -> None:
        self.image = image
        self._strings = _pathtree.hash_strings(image.string_offset, image.string_data)
        nodes, tiers, own = roots_of(image)
        for node in circles:
            nodes.append(node)
            tiers.append(_pathtree.TIER_C)
            own.append(False)
        self.tree = _pathtree.path_tree(
            image,
            group=_graph.group_column(
                image.node_type, image.type_count, image.named_node, image.named_ident
            ),
            string_hash=self._strings,
            type_role=memoryview(roles_of(image)),
            root_node=memoryview(nodes),
            root_tier=memoryview(tiers),
            root_own=memoryview(own),
            baseline=baseline,
        )
        self._first = baseline is None
        self._kept: list[int] = []
        self._place: dict[int, int] = {}
        self._limits: dict[int, int] = {}

    def summary(self, *, requests: int | None = None, most: int = MOST_PATHS) -> Summary:
        """What to keep of this image; at most `most` paths."""
        image, tree = self.image, self.tree
        self._kept = tree.heaviest(_LEAST_OBJECTS, _LEAST_BYTES, most)
        self._place = {index: at for at, index in enumerate(self._kept)}
        self._limits = self._limits_of_paths()
        paths = tuple(self._path(index) for index in self._kept)
        reached_bytes = tree.reached_bytes
        return Summary(
            created=float(image.meta.get("created", 0.0)),
            requests=requests,
            objects=tree.reached_objects,
            size=reached_bytes,
            garbage_objects=image.node_count - tree.reached,
            garbage_bytes=max(0, image.stats[1] - reached_bytes),
            paths=paths,
            keys=tree.keys() if self._first else b"",
        )

    def steps(self, kept: int) -> list[Step]:
        """The way from a root to the first object of a path, by its index in the last summary."""
        node = self.tree[self._kept[kept]][3]
        parent, edge = self.tree.parent, self.tree.parent_edge
        steps: list[Step] = []
        while parent[node] != _graph.NONE:
            steps.append(Step(node, edge[node]))
            node = parent[node]
        steps.append(Step(node, None))
        steps.reverse()
        return steps

    def retained(self, kept: int, by_node: memoryview[int]) -> int:
        """Bytes that the objects of a path in the last summary retain, by what each node does."""
        return self.tree.retained(self._kept[kept], by_node)

    def kept_path_of(self, node: int) -> int:
        """The index in the last summary of the path that a node is on, -1 if it is not there."""
        return self._place.get(self.tree.path_of[node], -1)

    def kept_path_above(self, node: int) -> int:
        """The index in the last summary of the path of a node, or of the nearest one above it.

        -1 where there is none.
        """
        index = self.tree.path_of[node]
        while index != _graph.NONE:
            place = self._place.get(index)
            if place is not None:
                return place
            index = self.tree[index][1]
        return -1

    def other_owners(self, wanted: Iterable[int]) -> dict[int, dict[int, int]]:
        """Which other paths refer to the objects of some paths, and how often.

        By index in the last summary. An owner that lies below the objects themselves (a reference
        back to them) and one that is not in the summary are left out.
        """
        place = self._place
        found = self.tree.other_owners([self._kept[kept] for kept in wanted])
        return {
            place[index]: {
                place[owner]: count
                for owner, count in owners.items()
                if owner in place and not self._is_below(owner, index)
            }
            for index, owners in found.items()
        }

    def _is_below(self, index: int, above: int) -> bool:
        while index > above:
            index = self.tree[index][1]
            if index == _graph.NONE:
                return False
        return index == above

    def _path(self, index: int) -> GrowthPath:
        image = self.image
        (
            key,
            parent,
            label,
            node,
            ident,
            count,
            inner,
            size,
            objects,
            below,
            tier,
            flags,
            *held,
        ) = self.tree[index]
        type_index = image.node_type[node]
        named = image.string(image.ident_name[ident]) if ident != _graph.NONE else ""
        place = ident if ident != _graph.NONE else image.type_ident[type_index] - 1
        file, line = self._file_of(place)
        edge, edge_name = _edge(image, label)
        return GrowthPath(
            key=key,
            parent=self._place.get(parent, -1),
            edge=edge,
            edge_name=edge_name,
            type=image.type_name(type_index),
            type_kind=image.type_kind[type_index],
            python_class=bool(image.type_flags[type_index] & TYPE_FLAG_PYTHON_CLASS),
            name=named,
            file=file,
            line=line,
            count=count,
            inner=inner,
            size=size,
            all_objects=objects,
            all_bytes=below,
            tier=tier,
            flags=flags,
            limit=self._limits.get(index, 0),
            near_count=held[0],
            near_bytes=held[1],
            far_count=held[2],
            far_bytes=held[3],
        )

    def _limits_of_paths(self) -> dict[int, int]:
        """How many entries the containers of a path may hold together, -1 where one goes by age."""
        limits: dict[int, int] = {}
        for node, limit in zip(self.image.bound_node, self.image.bound_limit, strict=True):
            path = self.tree.path_of[node]
            before = limits.get(path, 0)
            limits[path] = -1 if min(before, limit) < 0 else before + limit
        return limits

    def _file_of(self, ident: int) -> tuple[str | None, int | None]:
        if ident < 0:
            return None, None
        file = self.image.ident_file[ident]
        return (self.image.string(file) if file else None), (self.image.ident_line[ident] or None)


def _edge(image: HeapImage, label: int) -> tuple[EdgeKind, str]:
    if label == _graph.NONE:
        return EdgeKind.OTHER, ""
    kind, value = EdgeKind(label >> LABEL_SHIFT), label & LABEL_MASK
    if kind in NAMED_EDGE_KINDS:
        return kind, image.string(value)
    if kind is EdgeKind.DATA_KEY:
        return kind, DATA_KEY_CLASSES[value >> DATA_KEY_SHIFT]
    return kind, ""
