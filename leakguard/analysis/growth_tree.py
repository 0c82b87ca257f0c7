"""The tree of a summary's paths: what is above and below one, and what to call it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from leakguard.analysis import _pathtree, interned
from leakguard.analysis.growth_naming import PathNames
from leakguard.image import TypeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from leakguard.analysis.growth_summary import GrowthPath, Summary

_CHAIN_BELOW = 6
_ENDS_A_CHAIN = frozenset({TypeKind.TASK, TypeKind.GENERATOR})


class PathTree:
    """Paths by their index in the summary."""

    def __init__(self, summary: Summary) -> None:
        self.paths = summary.paths
        self.names = PathNames(summary)
        self.children: dict[int, list[int]] = defaultdict(list)
        for index, path in enumerate(self.paths):
            self.children[path.parent].append(index)

    def has_above(self, index: int, wanted: set[int]) -> bool:
        """Whether one of the wanted paths is above this one."""
        return any(above in wanted for above in self.above(index))

    def below(self, index: int, wanted: Iterable[int]) -> list[int]:
        """Which of the wanted paths are below this one."""
        return [path for path in wanted if self.has_above(path, {index})]

    def above(self, index: int) -> Iterator[int]:
        """The paths above this one, the nearest first."""
        while (index := self.paths[index].parent) >= 0:
            yield index

    def is_linked(self, index: int) -> bool:
        """Whether each object of a path keeps the one before it alive."""
        path = self.paths[index]
        return bool(path.flags & _pathtree.FLAG_REPEATS) or any(
            self.paths[child].flags & _pathtree.FLAG_REPEATS
            and self.paths[child].count * 2 > path.count
            for child in self.children[index]
        )

    def main(self, index: int) -> GrowthPath:
        """What a reader would call the objects: instances rather than the functions between."""
        path = self.paths[index]
        if not self.is_linked(index) or path.python_class:
            return path
        for child in self.children[index]:
            if self.paths[child].python_class and self.paths[child].count * 2 > path.count:
                return self.paths[child]
        return path

    def head(self, index: int) -> int:
        """Where a linked chain begins: the first object above of the same type as its links."""
        main = self.main(index)
        head = at = self.paths[index].parent if self.paths[index].parent >= 0 else index
        while at >= 0:
            if (self.paths[at].type, self.paths[at].name) == (main.type, main.name):
                head = at
            at = self.paths[at].parent
        return head

    def name(self, holder: int, member: GrowthPath) -> str:
        """What a reader would call the holder."""
        if self.paths[holder].type == interned.TABLE_TYPE:
            return interned.HOLDER
        if self.paths[holder].parent < 0 and self.paths[holder].key == member.key:
            if member.tier in (_pathtree.TIER_C, _pathtree.TIER_C_REFERRED):
                return f"C code ({member.name or member.type})"
            return member.name or member.type
        return self.names.holder(holder)

    def end_of_chain(self, index: int, holder: int) -> int:
        """Below what an event loop holds the chain goes on to the task that somebody wrote."""
        if self.paths[index].tier != _pathtree.TIER_LOOP:
            return index
        at = index
        for _ in range(_CHAIN_BELOW):
            if self.paths[at].type_kind in _ENDS_A_CHAIN:
                return at
            below = self.children[at]
            if not below:
                break
            at = max(below, key=lambda child: self.paths[child].count)
        return index
