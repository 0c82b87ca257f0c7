"""Accumulations: a container that can grow and under which many similar objects hang."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis import _graph, quiet
from leakguard.analysis.candidate import Candidate
from leakguard.analysis.mixed import mixed
from leakguard.analysis.origin import Origin
from leakguard.image import EdgeKind, RootKind, TypeKind

if TYPE_CHECKING:
    from leakguard.analysis.heap import Heap, Step

LEAST_MEMBERS = 8
# Where one member holds more than this part, the accumulation is further down, in that member.
ACCUMULATION_POINT = 0.7
# Tables of constants in a library and dicts under written names need to be this much larger.
TABLE_FACTOR = 8
# A single flat container (say, a list of small numbers) that is most of the heap.
FLAT_BYTES = 32 << 20
FLAT_SHARE = 0.5
_SAMPLE = 64


def accumulations(heap: Heap, floor: int) -> list[Candidate]:
    """Every accumulation of at least `floor` bytes; nested ones are all listed."""
    found = [
        candidate
        for holder, groups in _gathered(heap, floor).items()
        if (candidate := _judge(heap, holder, groups, floor)) is not None
    ]
    seen = {candidate.holder for candidate in found}
    for node in _graph.large_nodes(heap.image.node_size, floor):
        if node not in seen and (flat := _judge_flat(heap, node, floor)) is not None:
            found.append(flat)
            seen.add(node)
    return [*found, *mixed(heap, seen, floor * TABLE_FACTOR, ACCUMULATION_POINT)]


def _gathered(heap: Heap, floor: int) -> dict[int, list[tuple[int, int, int, int]]]:
    by_holder: dict[int, list[tuple[int, int, int, int]]] = {}
    for holder, *group in _graph.gatherings(
        heap.paths, heap.tree, heap.group, heap.group_count, floor // 2, LEAST_MEMBERS
    ):
        if quiet.can_grow(heap, holder):
            number, count, total, largest = group
            by_holder.setdefault(holder, []).append((number, count, total, largest))
    return by_holder


def _judge(
    heap: Heap, holder: int, groups: list[tuple[int, int, int, int]], floor: int
) -> Candidate | None:
    groups = [group for group in groups if _can_pile_up(heap, holder, group[0])]
    if not groups:
        return None
    number, count, _, _ = max(groups, key=lambda group: group[2])
    whole = sum(group[2] for group in groups)
    if max(group[3] for group in groups) >= ACCUMULATION_POINT * whole:
        return None
    sample = heap.members(holder, number, _SAMPLE)
    path = heap.path(holder)
    # of many small objects, the container's own table is a good part
    with_table = whole + heap.image.node_size[holder]
    if quiet.is_left_alone(heap, path) or with_table < floor * _caution(heap, path, sample):
        return None
    return Candidate(
        path=tuple(path),
        retained=max(heap.retained(holder), with_table),
        object_type=heap.type_name(sample[0].node),
        count=count,
        member=sample[0],
    )


def _can_pile_up(heap: Heap, holder: int, group: int) -> bool:
    sample = heap.members(holder, group, 1)
    return bool(sample) and not (
        heap.kind(sample[0].node) in quiet.NO_MEMBER_KINDS
        or quiet.is_bounded_lru_entry(heap, sample[0].node)
    )


def _caution(heap: Heap, path: list[Step], sample: list[Step]) -> int:
    """By how much the floor rises for something that looks written rather than gathered."""
    inert = all(heap.kind(step.node) in quiet.INERT_KINDS for step in sample)
    named = {EdgeKind.KEY, EdgeKind.ATTR, EdgeKind.SLOT}
    if all(step.edge is not None and heap.label(step.edge).kind in named for step in sample):
        return TABLE_FACTOR if sample else _table_caution(heap, path)
    return _table_caution(heap, path) if inert else 1


def _table_caution(heap: Heap, path: list[Step]) -> int:
    """Constants are a table where a library's module or C holds them."""
    ident = heap.image.ident_of(path[0].node)
    if heap.root_kinds[path[0].node] == RootKind.MODULE and ident is not None:
        return TABLE_FACTOR if heap.origins.of(ident.name) != Origin.APPLICATION else 1
    return TABLE_FACTOR


def _judge_flat(heap: Heap, node: int, floor: int) -> Candidate | None:
    """A container that is large by itself: by leaves folded into it, or by sheer length."""
    image = heap.image
    if not quiet.can_grow(heap, node) or heap.kind(node) == TypeKind.NUMPY_ARRAY:
        return None
    size, folded = image.node_size[node], image.node_folded[node]
    path = heap.path(node)
    if quiet.is_left_alone(heap, path):
        return None
    if folded >= LEAST_MEMBERS and size >= floor * _table_caution(heap, path):
        return Candidate(
            tuple(path), heap.retained(node), image.type_name(image.folded_type[node]), folded
        )
    if size >= FLAT_BYTES and size >= FLAT_SHARE * heap.total:
        return Candidate(tuple(path), heap.retained(node), heap.type_name(node), 1)
    return None
