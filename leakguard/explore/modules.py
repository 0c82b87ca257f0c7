"""How much of the heap each package and module holds."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from leakguard.analysis import _graph
from leakguard.explore.wording import Wording
from leakguard.image import RootKind

if TYPE_CHECKING:
    from leakguard.explore.opened import Opened

MOST_CHILDREN = 40
MOST_DEPTH = 6
MOST_NODES = 600
_MOST_MODULES = 65_000
OWN = "(itself)"
"""What a package holds beside its modules."""
_OTHERS: dict[int, str] = {
    RootKind.THREAD: "(threads)",
    RootKind.C_HELD: "(held from C)",
    RootKind.TYPE: "(types)",
    RootKind.IMMORTAL: "(immortal objects)",
}
_NOBODY = "(unknown)"
_UNREACHED = "(held by nobody)"


def modules(opened: Opened, longest: int) -> dict[str, Any]:
    """The whole heap as a tree by package and module of what each holds, in bytes.

    What several hold is counted where the shortest way to it begins. What no module holds, and what
    nothing reaches, are branches of their own: the children of a node add up to it. Small ones are
    summed in "… and 17 more".
    """
    whole = _Branch()
    heap = opened.heap
    tree, image = heap.tree, heap.image
    roots = [node for node, kind in heap.root_kinds.items() if kind == RootKind.MODULE]
    roots = roots[:_MOST_MODULES]
    names = [_parts(opened, node) for node in roots]
    above = _graph.nearest_marked(heap.paths.parent, heap.paths.order, roots)
    start = tree.child_offset[tree.node_count]
    for node in tree.child[start : tree.child_offset[tree.node_count + 1]]:
        place = names[above[node] - 1] if above[node] else (_other(opened, node),)
        whole.add(place, heap.retained(node))
    unreached = heap.total - tree.retained_bytes
    if unreached > 0:
        whole.add((_UNREACHED,), unreached)
    wording = Wording(heap, longest)
    name = str(image.meta.get("app", "")) or "heap"
    return _told(name, whole, wording, [MOST_NODES], 0)


class _Branch:
    def __init__(self) -> None:
        self.bytes = 0
        self.own = 0
        self.below: dict[str, _Branch] = defaultdict(_Branch)

    def add(self, place: tuple[str, ...], size: int) -> None:
        here = self
        here.bytes += size
        for name in place:
            here = here.below[name]
            here.bytes += size
        here.own += size


def _parts(opened: Opened, module: int) -> tuple[str, ...]:
    ident = opened.image.ident_of(module)
    name = ident.name if ident is not None else ""
    return tuple((name or _NOBODY).split(".", MOST_DEPTH - 1))


def _other(opened: Opened, node: int) -> str:
    """What holds a node that no module does."""
    parent, roots = opened.heap.paths.parent, opened.heap.root_kinds
    while parent[node] != _graph.NONE:
        node = parent[node]
    return _OTHERS.get(roots.get(node, 0), _NOBODY)


def _told(
    name: str, branch: _Branch, wording: Wording, room: list[int], depth: int
) -> dict[str, Any]:
    """The branch and what is below it, the largest first, as far as there is room in all."""
    below = sorted(branch.below.items(), key=lambda item: (-item[1].bytes, item[0]))
    if below and branch.own:
        below.append((OWN, _leaf(branch.own)))
        below.sort(key=lambda item: (-item[1].bytes, item[0]))
    shown = below[: min(MOST_CHILDREN, max(room[0], 0))]
    room[0] -= len(shown)
    children = [_told(part, one, wording, room, depth + 1) for part, one in shown]
    left = below[len(shown) :]
    if left:
        size = sum(one.bytes for _, one in left)
        children.append({"name": f"… and {len(left):,} more", "bytes": size, "children": []})
    return {"name": wording.cut(name), "bytes": branch.bytes, "children": children}


def _leaf(size: int) -> _Branch:
    leaf = _Branch()
    leaf.bytes = leaf.own = size
    return leaf
