"""What gathers below a path in others that are too small, or too new, to be seen by themselves.

An object that gets an attribute for each user, a class for each form: each has a path of its own,
of which a summary keeps the weightiest only. What is below a path and in none of those that every
summary has, taken together, grows with the requests all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leakguard.analysis import _pathtree
from leakguard.analysis.origin import Origin, origin_of
from leakguard.image import TypeKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from leakguard.analysis.growth_moving import Moves
    from leakguard.analysis.growth_series import Judged
    from leakguard.analysis.growth_summary import GrowthPath
    from leakguard.analysis.growth_tree import PathTree

# A new path that has so much of what was gained is the holder rather than the one above it.
_MOST_OF_IT = 0.5
# Code and weak references hold nothing that grows; what a thread runs is new at each moment.
_NO_HOLDERS = frozenset({TypeKind.CODE, TypeKind.WEAKREF, TypeKind.THREAD, TypeKind.FRAME})


@dataclass(frozen=True, slots=True)
class Rest:
    """A path below which something grows, the objects and bytes of that in each summary."""

    index: int
    judged: Judged
    objects: tuple[int, ...]
    bytes: tuple[int, ...]


def rests(
    tree: PathTree,
    tables: Sequence[Mapping[int, GrowthPath]],
    taken: set[int],
    moves: Moves,
) -> Iterator[Rest]:
    """Where something grows besides what is below the holders `taken` already."""
    known = {
        index for index, path in enumerate(tree.paths) if all(path.key in table for table in tables)
    }
    own = {at for at, path in enumerate(tree.paths) if path.flags & _pathtree.FLAG_OWN}
    told = _with_all_above(tree, taken | own)
    for index in sorted(known):
        path = tree.paths[index]
        if index in own or index in taken or path.type_kind in _NO_HOLDERS:
            continue
        if tree.has_above(index, taken) or moves.is_machinery(index):
            continue
        apart = [
            tree.paths[child].key
            for child in tree.children[index]
            if child in known
            or child in told
            or moves.is_machinery(child)
            or moves.is_one_each(child)
            or _is_library(tree.paths[child])
        ]
        objects, sizes = [], []
        for table, leaves, folded in zip(tables, *moves.unfolded(index), strict=True):
            whole = table[path.key]
            seen = [table[key] for key in apart if key in table]
            below = whole.all_objects - whole.count - whole.inner + leaves
            objects.append(below - sum(p.all_objects for p in seen))
            sizes.append(whole.all_bytes - whole.size + folded - sum(p.all_bytes for p in seen))
        judged = moves.judge_both(objects, sizes)
        if judged.word == "growing":
            yield Rest(_holder(tree, index, known, objects), judged, tuple(objects), tuple(sizes))


def _is_library(path: GrowthPath) -> bool:
    """Whether it is a module of a library: those that come late are as many as there are files."""
    return (
        path.type_kind == TypeKind.MODULE
        and path.file is not None
        and origin_of(path.name, path.file) is Origin.LIBRARY
    )


def _with_all_above(tree: PathTree, indices: set[int]) -> set[int]:
    found: set[int] = set()
    for index in indices:
        while index >= 0 and index not in found:
            found.add(index)
            index = tree.paths[index].parent
    return found


def _holder(tree: PathTree, index: int, known: set[int], objects: Sequence[int]) -> int:
    """The lowest path that has most of it."""
    while True:
        fresh = [child for child in tree.children[index] if child not in known]
        most = max(fresh, key=lambda child: tree.paths[child].all_objects, default=None)
        if most is None or tree.paths[most].all_objects < _MOST_OF_IT * objects[-1]:
            return index
        index = most
