"""One object: what refers to it, and what it refers to."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from leakguard.analysis import _graph
from leakguard.analysis.naming import callable_ident
from leakguard.explore.errors import ViewError
from leakguard.explore.wording import Wording

if TYPE_CHECKING:
    from leakguard.explore.opened import Opened


def node(
    opened: Opened, longest: int, *, node: int | None = None, offset: int = 0, limit: int = 50
) -> dict[str, Any]:
    """An object with `limit` of the references to it, and of its own, from `offset` on."""
    if node is None:
        raise ViewError(400, "Say which node: node= and its number.")
    opened.checked(node)
    heap, wording = opened.heap, Wording(opened.heap, longest)
    image = heap.image
    total, ending = _graph.references_to(image.edge_target, node, offset, limit)
    sources = [bisect_right(image.edge_offset, edge) - 1 for edge in ending]
    starting = image.edges(node)
    return {
        "node": _whole(opened, wording, node),
        "in": {
            "total": total,
            "edges": [
                _reference(wording, source, edge, source)
                for edge, source in zip(ending, sources, strict=True)
            ],
        },
        "out": {
            "total": len(starting),
            "edges": [
                _reference(wording, image.edge_target[edge], edge, node)
                for edge in starting[offset : offset + limit]
            ],
        },
        "words": wording.words(node),
    }


def _whole(opened: Opened, wording: Wording, node: int) -> dict[str, Any]:
    image = opened.heap.image
    ident = callable_ident(opened.heap, node) or image.type_ident_of(image.node_type[node])
    return wording.described(node) | {
        "name": wording.holder(node),
        "count": 1,
        "file": wording.cut(ident.file) if ident is not None and ident.file else None,
        "line": None if ident is None else ident.line,
    }


def _reference(wording: Wording, other: int, edge: int, source: int) -> dict[str, Any]:
    return {
        "id": other,
        "type": wording.type(other),
        "name": wording.name(other),
        "label": wording.edge(edge, source),
    }
