"""Which paths move from summary to summary, and how: by their objects' number, or by size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from leakguard.analysis import _pathtree, interned
from leakguard.analysis.growth_series import LEAST_INTERVALS, STEADY, Judged, judge, judge_few
from leakguard.image import EdgeKind, TypeKind
from leakguard.image.format import NAMED_EDGE_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leakguard.analysis.growth_summary import GrowthPath, Summary

# Below this a single path is noise.
_LEAST_GAIN, _LEAST_GAIN_BYTES = 5, 2048
# Of so many objects each may get one thing more, so large at most, and then no other.
_MANY_GAINERS, _ONE_THING = 200, 100
# One or two of something are no population.
_MANY_OWNERS = 8
# A small one is part of its owner in the image, a large one is there by itself.
_LEAVES = frozenset({TypeKind.STR, TypeKind.BYTES})
_TABLES = frozenset({TypeKind.DICT, TypeKind.LIST, TypeKind.SET, TypeKind.DEQUE})


@dataclass(frozen=True, slots=True)
class Moving:
    """A path that does not stay, and whether it is its own objects' number that moves."""

    index: int
    judged: Judged
    by_count: bool


def comes_by_imports(path: GrowthPath) -> bool:
    """Whether imports add to a path: modules, and the names that only the interpreter holds."""
    return path.type_kind == TypeKind.MODULE or path.type == interned.TABLE_TYPE


class Moves:
    """The paths of the last summary, each with what it was in the others."""

    def __init__(
        self, last: Summary, tables: Sequence[Mapping[int, GrowthPath]], weights: Sequence[float]
    ) -> None:
        self.paths = last.paths
        self.tables = tables
        self.weights = weights
        self._judge = judge_few if len(weights) < LEAST_INTERVALS else judge

    def moving(self) -> list[Moving]:
        """All that do not stay, without what is nobody's leak."""
        moving: list[Moving] = []
        left_out: set[int] = set()
        for index, path in enumerate(self.paths):
            if path.parent in left_out or (path.parent < 0 and path.type_kind == TypeKind.CODE):
                left_out.add(index)  # code that C holds is of stacks that tools remember, ours too
                continue
            if path.flags & _pathtree.FLAG_OWN or self.is_machinery(index):
                continue
            found = self._moves(index)
            if found is not None:
                moving.append(found)
        return moving

    def judge(self, values: Sequence[int], least: int) -> Judged:
        """The word for a series; what gains less than `least` stays."""
        if max(values) - min(values) < least:
            return STEADY
        judged = self._judge(values, self.weights)
        return STEADY if judged.word == "growing" and judged.growth < least else judged

    def judge_both(self, objects: Sequence[int], sizes: Sequence[int]) -> Judged:
        """The word for objects and bytes together: what both, or else either, say."""
        judged = self.judge(objects, _LEAST_GAIN)
        return judged if judged.word != "steady" else self.judge(sizes, _LEAST_GAIN_BYTES)

    def folded(self, index: int) -> list[int]:
        """By summary, the size of a string while it was small enough to be a part of its owner:
        what the owner has lost since."""
        path = self.paths[index]
        if path.type_kind not in _LEAVES or path.parent < 0 or path.count != 1:
            return [0] * len(self.tables)  # of several, who knows which was when a part of it
        owner = self.paths[path.parent]
        return [
            max(0, table[owner.key].size - owner.size)
            if path.key not in table and owner.key in table
            else 0
            for table in self.tables
        ]

    def unfolded(self, owner: int) -> tuple[list[int], list[int]]:
        """By summary, how many leaves more were a part of a path than are now, and their bytes:
        what somebody else refers to as well is there by itself, though nothing has come."""
        now = self.paths[owner]
        then = [table.get(now.key, now) for table in self.tables]
        leaves = [max(0, path.inner - now.inner) for path in then]
        sizes = [
            max(0, path.size - now.size) if more else 0
            for path, more in zip(then, leaves, strict=True)
        ]
        return leaves, sizes

    def is_machinery(self, index: int) -> bool:
        """Whether a path is a table that the interpreter keeps for itself, or a weak reference that
        no container of somebody's has: sqlite3 drops those to old cursors 200 at a time."""
        path = self.paths[index]
        above = self.paths[path.parent] if path.parent >= 0 else None
        if above is None:
            # the interpreter's table of interned names: modules import others late
            return path.type_kind in (TypeKind.STR, TypeKind.WEAKREF) or self._is_weak(index)
        if path.type_kind == TypeKind.WEAKREF:
            return (
                above.type_kind not in _TABLES
                or self._is_subclasses(above)
                or self._is_private(above)
            )
        return self._is_subclasses(path)

    def _moves(self, index: int) -> Moving | None:
        path = self.paths[index]
        series = [table.get(path.key) for table in self.tables]
        folded = self.folded(index)
        if not any(folded):
            counts = [0 if p is None else p.count for p in series]
            if path.type_kind in _LEAVES and path.parent >= 0:
                leaves, folded = self.unfolded(path.parent)
                counts = [sum(both) for both in zip(counts, leaves, strict=True)]
            judged = self.judge(counts, _LEAST_GAIN)
            if judged.word == "growing" and self.is_one_each(index):
                judged = replace(judged, word="warming up")
            if judged.word != "steady":
                return Moving(index, judged, True)
        sizes = [
            more + (0 if p is None else p.size) for p, more in zip(series, folded, strict=True)
        ]
        inner = [0 if p is None else p.inner for p in series]
        judged = self.judge_both(inner, sizes)
        if judged.word == "growing" and self._is_one_more(path, inner, sizes):
            judged = replace(judged, word="warming up")
        return Moving(index, judged, False) if judged.word != "steady" else None

    def is_one_each(self, index: int) -> bool:
        """Whether a path is an attribute or a variable that more and more of some owners have got,
        whose number stays: there will be one for each of them and no more."""
        path = self.paths[index]
        if path.parent < 0 or path.edge not in NAMED_EDGE_KINDS:
            return False
        owner = self.paths[path.parent]
        if not _MANY_OWNERS <= path.count <= owner.count or path.flags & _pathtree.FLAG_REPEATS:
            return False
        owners = [table.get(owner.key) for table in self.tables]
        judged = self.judge([0 if one is None else one.count for one in owners], _LEAST_GAIN)
        return judged.word != "growing"

    @staticmethod
    def _is_one_more(path: GrowthPath, inner: Sequence[int], sizes: Sequence[int]) -> bool:
        """Whether not even each of many objects has got one thing more, a cached property, say."""
        return (
            path.count >= _MANY_GAINERS
            and inner[-1] - inner[0] <= path.count
            and sizes[-1] - sizes[0] <= path.count * _ONE_THING
        )

    def _is_weak(self, index: int) -> bool:
        """Whether a table holds weakly: that of the subclasses of a class that C has made."""
        path = self.paths[index]
        if path.type_kind not in _TABLES:
            return False
        return any(
            child.parent == index
            and child.type_kind == TypeKind.WEAKREF
            and 2 * child.all_objects > path.all_objects - path.count - path.inner
            for child in self.paths
        )

    def _is_private(self, path: GrowthPath) -> bool:
        """Whether a table is known to no Python code: C's own, or a nameless part of an object of
        C's."""
        above = self.paths[path.parent] if path.parent >= 0 else None
        return above is None or (
            path.edge == EdgeKind.OTHER
            and above.type_kind == TypeKind.OTHER
            and not above.python_class
        )

    def _is_subclasses(self, path: GrowthPath) -> bool:
        """Whether a path is the table that a class has of its subclasses, which holds weakly."""
        above = self.paths[path.parent].type_kind if path.parent >= 0 else TypeKind.OTHER
        return (
            above == TypeKind.TYPE
            and path.type_kind == TypeKind.DICT
            and path.edge == EdgeKind.OTHER
        )
