"""Linked chains: structures where every link keeps the one before it alive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis import _graph, quiet
from leakguard.analysis.candidate import Candidate
from leakguard.analysis.heap import Step
from leakguard.image import TypeKind

if TYPE_CHECKING:
    from leakguard.analysis.heap import Heap

LEAST_REPEATS = 4
# In a chain all links weigh about the same; in a tree the first ones hold nearly everything.
LARGEST_SHARE = 0.25
UNEVENNESS = 1.8

# Links that carry others but are not what a reader calls the object.
_PLUMBING = frozenset(
    {
        TypeKind.FUNCTION,
        TypeKind.TUPLE,
        TypeKind.CELL,
        TypeKind.METHOD,
        TypeKind.PARTIAL,
        TypeKind.FRAME,
        TypeKind.TRACEBACK,
    }
)
_NO_CHAIN_KINDS = quiet.CODE_KINDS | {TypeKind.TUPLE, TypeKind.STR}
# A context's table is a tree of nodes of one type.
_TREE_KINDS = frozenset({TypeKind.HAMT, TypeKind.CONTEXT})


def linked_chains(heap: Heap, floor: int) -> list[Candidate]:
    """Every linked chain that retains at least `floor` bytes and is no tree."""
    found: list[Candidate] = []
    for head, period, length, largest, tail in _graph.linked_chains(
        heap.tree, heap.group, floor, LEAST_REPEATS
    ):
        spread = heap.retained(head)
        if largest > spread * max(LARGEST_SHARE, UNEVENNESS * period / length):
            continue
        if heap.retained(tail) > spread / 2:
            continue
        path = heap.path(head)
        if quiet.is_namespace(heap, path):
            # a module's dict begins no chain of dicts, even where it looks like one more link
            head = heap.tree.heavy[head]
            path = heap.path(head)
            length -= 1
        links = _links(heap, head, period)
        kinds = {heap.kind(step.node) for step in links}
        if kinds <= _NO_CHAIN_KINDS or kinds <= _TREE_KINDS:
            continue
        if quiet.is_own(heap, path) or quiet.is_bounded(heap, [*path, *links]):
            continue
        nodes = [head, *(step.node for step in links[:-1])]
        main = _main_link(heap, nodes)
        found.append(
            Candidate(
                path=tuple(path),
                retained=spread,
                object_type=heap.type_name(nodes[main]),
                count=length // period + (main < length % period),
                pattern=tuple(links),
                repeats=length // period,
            )
        )
    return found


def _links(heap: Heap, head: int, period: int) -> list[Step]:
    """The links after `head` up to and including the head of the next repeat.

    Between two dominators there may be several ways; then the last edge of one of them is shown.
    """
    links: list[Step] = []
    node = head
    for _ in range(period):
        following = heap.tree.heavy[node]
        links.append(Step(following, _edge_between(heap, node, following)))
        node = following
    return links


def _edge_between(heap: Heap, source: int, target: int) -> int | None:
    for edge in heap.image.edges(source):
        if heap.image.edge_target[edge] == target:
            return edge
    edge = heap.paths.parent_edge[target]
    return None if edge == _graph.NONE else edge


def _main_link(heap: Heap, nodes: list[int]) -> int:
    """The place of what a reader would call the object: an instance rather than what ties it."""

    def rank(place: int) -> tuple[bool, bool]:
        node = nodes[place]
        return (not heap.is_python_instance(node), heap.kind(node) in _PLUMBING)

    return min(range(len(nodes)), key=rank)
