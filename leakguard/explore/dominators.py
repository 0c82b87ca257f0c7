"""The dominator tree, a node's children at a time: what would go with it."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

from leakguard.explore.parameters import ROOT
from leakguard.explore.wording import Wording
from leakguard.image import RootKind

if TYPE_CHECKING:
    from leakguard.explore.opened import Opened

_ROOTS = {
    RootKind.MODULE: "module",
    RootKind.THREAD: "thread",
    RootKind.C_HELD: "held from C",
    RootKind.TYPE: "type",
    RootKind.IMMORTAL: "immortal",
}
_SEVERAL = "several roots"


def dominators(
    opened: Opened, longest: int, *, node: int | str = ROOT, offset: int = 0, limit: int = 50
) -> dict[str, Any]:
    """What a node dominates immediately, the largest first: `limit` of them from `offset` on.

    The root dominates what is a root itself, or is held by several.
    """
    heap, wording = opened.heap, Wording(opened.heap, longest)
    number = heap.image.node_count if isinstance(node, str) else opened.checked(node)
    start, end = heap.tree.child_offset[number], heap.tree.child_offset[number + 1]
    largest = heapq.nsmallest(
        offset + limit if offset < end - start else 0,
        heap.tree.child[start:end],
        key=lambda child: (-heap.retained(child), child),
    )
    children = [_child(opened, wording, child, number) for child in largest[offset:]]
    return {"node": _node(opened, wording, number), "total": end - start, "children": children}


def _node(opened: Opened, wording: Wording, number: int) -> dict[str, Any]:
    heap = opened.heap
    if number < heap.image.node_count:
        return wording.described(number) | {"name": wording.holder(number), "count": 1}
    return {
        "id": ROOT,
        "type": "",
        "name": "",
        "retained": heap.tree.retained_bytes,
        "shallow": 0,
        "count": 1,
    }


def _child(opened: Opened, wording: Wording, child: int, above: int) -> dict[str, Any]:
    tree = opened.heap.tree
    label = wording.held(child, above) if above < tree.node_count else _root_words(opened, child)
    return wording.described(child) | {
        "label": label,
        "count": 1,
        "children": tree.child_offset[child + 1] - tree.child_offset[child],
    }


def _root_words(opened: Opened, node: int) -> str:
    kind = opened.heap.root_kinds.get(node)
    return _SEVERAL if kind is None else _ROOTS[RootKind(kind)]
