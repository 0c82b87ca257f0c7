"""A container of many objects that are alike in nothing but where they are.

A registry with one instance of each of many classes: elsewhere objects are grouped by type, and no
group is large here. Only what is much larger than any table that somebody wrote is called one.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING

from leakguard.analysis import _graph, quiet
from leakguard.analysis.candidate import Candidate
from leakguard.analysis.heap import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leakguard.analysis.heap import Heap

_MANY = 1000
_ALIKE = 0.5
_SAMPLE = 64


def mixed(heap: Heap, seen: set[int], floor: int, largest: float) -> Iterator[Candidate]:
    """Containers of at least `floor` bytes besides those `seen`, of which no member has the part
    `largest` or more."""
    for node in _graph.large_nodes(heap.tree.retained, floor):
        if node in seen or len(heap.image.edges(node)) < _MANY or not quiet.can_grow(heap, node):
            continue
        sizes: list[int] = []
        alike: dict[int, int] = defaultdict(int)
        for step in _members(heap, node):
            sizes.append(heap.retained(step.node))
            alike[heap.group[step.node]] += sizes[-1]
        whole = sum(sizes) + heap.image.node_size[node]
        if len(sizes) < _MANY or whole < floor or max(sizes) >= largest * whole:
            continue
        if max(alike.values()) >= _ALIKE * whole:
            continue  # a group that is large by itself has been judged as one
        member = _telling(heap, node)
        path = heap.path(node)
        if member is not None and path and not quiet.is_left_alone(heap, path):
            yield Candidate(
                path=tuple(path),
                retained=max(heap.retained(node), whole),
                object_type=heap.type_name(member.node),
                count=len(sizes),
                member=member,
            )


def _members(heap: Heap, holder: int) -> Iterator[Step]:
    """What the shortest path reaches by the holder."""
    target, by = heap.image.edge_target, heap.paths.parent_edge
    for edge in heap.image.edges(holder):
        if by[target[edge]] == edge:
            yield Step(target[edge], edge)


def _telling(heap: Heap, holder: int) -> Step | None:
    """The largest of some members; None where they are no more than constants and code."""
    left_out = quiet.INERT_KINDS | quiet.NO_MEMBER_KINDS
    sample = list(islice(_members(heap, holder), _SAMPLE))
    telling = [step for step in sample if heap.kind(step.node) not in left_out]
    if len(telling) * 4 < len(sample):
        return None
    return max(telling, key=lambda step: heap.retained(step.node))
