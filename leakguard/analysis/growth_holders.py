"""Who holds what grows: paths that move, the topmost of them, and what is above those."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leakguard.analysis import _pathtree
from leakguard.analysis.growth_floors import (
    LARGE,
    MANY_BYTES,
    is_dense,
    is_enough,
    may_be_cancelled,
)
from leakguard.analysis.growth_found import GrownPath, requests_between
from leakguard.analysis.growth_series import (
    LEAST_INTERVALS,
    MOST_INTERVALS,
    STEADY,
    Judged,
    Word,
    judge,
    judge_few,
)
from leakguard.analysis.growth_told import by_name, without_weak
from leakguard.analysis.growth_tree import PathTree
from leakguard.image import EdgeKind, TypeKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.growth_summary import Summary

# Below this a single path is noise.
_LEAST_GAIN, _LEAST_GAIN_BYTES = 5, 2048
_MANY_ALIKE = 10
# A gain in fewer requests of one route than this is no evidence.
_FEWEST = 200


@dataclass(frozen=True, slots=True)
class _Moving:
    """A path that does not stay, and whether it is its own objects' number that moves."""

    index: int
    judged: Judged
    by_count: bool


class Comparison:
    """The summaries side by side, path by path; without `floors` what gains little counts too."""

    def __init__(
        self,
        taken: Sequence[Summary],
        weights: Sequence[float],
        *,
        floors: bool = True,
        rarest: float = 1.0,
    ) -> None:
        self.floors = floors
        self.rarest = rarest
        self.taken = taken
        self.weights = weights
        self.last = taken[-1]
        self.tree = PathTree(self.last)
        self.paths = self.last.paths
        self.tables = [summary.by_key() for summary in taken]
        # the intervals that judge() looks at
        self.start = len(taken) - 1 - len(weights) + (1 if len(weights) > LEAST_INTERVALS else 0)
        self.is_few = len(weights) < LEAST_INTERVALS
        self.judge = judge_few if self.is_few else judge
        # What has begun to grow lately is not to be lost among the requests of long ago.
        self.recent = max(self.start, len(taken) - 1 - MOST_INTERVALS)
        self.requests = requests_between(taken[self.start], self.last)
        self.seconds = self.last.created - taken[self.start].created

    def grown(self) -> list[GrownPath]:
        """Every holder under which something gathers, warms up or comes and goes."""
        moving = self._moving()
        found: list[GrownPath] = []
        taken: set[int] = set()
        for word in ("growing", "warming up", "saw-tooth"):
            tops = self._tops({m.index: m for m in moving if m.judged.word == word})
            while tops:
                small: dict[int, list[_Moving]] = {}
                for holder, group in sorted(tops.items()):
                    if holder in taken or self.tree.has_above(holder, taken):
                        continue
                    grown = self._grown(holder, group, word)
                    if grown is not None:
                        found.append(grown)
                        taken.add(holder)
                    else:
                        small[holder] = group
                tops = self._together(small)
        return without_weak(by_name(found))

    def _together(self, small: dict[int, list[_Moving]]) -> dict[int, list[_Moving]]:
        """What is too little under each key of a dict (a list a thread, say), by the dict."""
        above: dict[int, list[_Moving]] = defaultdict(list)
        for holder, group in small.items():
            index = holder
            while index >= 0 and not self.paths[index].flags & _pathtree.FLAG_DISTINCT_KEY:
                index = self.paths[index].parent
            if index >= 0 and self.paths[index].parent >= 0:
                above[self.paths[index].parent] += group
        return {
            holder: alike for holder, group in above.items() if len(alike := self._alike(group)) > 1
        }

    def _alike(self, group: list[_Moving]) -> list[_Moving]:
        """Those that are like the heaviest of them."""

        def what(found: _Moving) -> tuple[str, str, bool]:
            path = self.paths[found.index]
            return path.type, path.name, found.by_count

        heaviest = max(group, key=lambda found: self._gain(found.index))
        return [found for found in group if what(found) == what(heaviest)]

    def _asked(self, requests: int | None) -> float | None:
        """The requests that a gain is held against: those of the route that had the fewest."""
        return requests and max(requests * self.rarest, min(requests, _FEWEST))

    def _moving(self) -> list[_Moving]:
        moving: list[_Moving] = []
        left_out: set[int] = set()
        for index, path in enumerate(self.paths):
            if path.parent in left_out or (path.parent < 0 and path.type_kind == TypeKind.CODE):
                left_out.add(index)  # code that C holds is of stacks that tools remember, ours too
                continue
            if path.flags & _pathtree.FLAG_OWN or path.type_kind == TypeKind.WEAKREF:
                continue
            if self._is_subclasses(index):
                continue
            if path.parent < 0 and path.type_kind == TypeKind.STR:
                continue  # the interpreter's table of interned names: modules import others late
            series = [table.get(path.key) for table in self.tables]
            judged = self._judge([0 if p is None else p.count for p in series], _LEAST_GAIN)
            if judged.word != "steady":
                moving.append(_Moving(index, judged, True))
                continue
            inner = [0 if p is None else p.inner for p in series]
            sizes = [0 if p is None else p.size for p in series]
            judged = self._judge(inner, _LEAST_GAIN)
            if judged.word == "steady":
                judged = self._judge(sizes, _LEAST_GAIN_BYTES)
            if judged.word != "steady":
                moving.append(_Moving(index, judged, False))
        return moving

    def _is_subclasses(self, index: int) -> bool:
        """Whether a path is the table that a class has of its subclasses, which holds weakly."""
        path = self.paths[index]
        above = self.paths[path.parent].type_kind if path.parent >= 0 else TypeKind.OTHER
        return (
            above == TypeKind.TYPE
            and path.type_kind == TypeKind.DICT
            and path.edge == EdgeKind.OTHER
        )

    def _judge(self, values: list[int], least: int) -> Judged:
        if max(values) - min(values) < least:
            return STEADY
        judged = self.judge(values, self.weights)
        return STEADY if judged.word == "growing" and judged.growth < least else judged

    def _tops(self, moving: dict[int, _Moving]) -> dict[int, list[_Moving]]:
        """What moves and has nothing above it that does, by the path that holds it."""
        tops: dict[int, list[_Moving]] = defaultdict(list)
        by_count = {index for index, found in moving.items() if found.by_count}
        for index, found in moving.items():
            if self.tree.has_above(index, by_count):
                continue
            parent = self.paths[index].parent
            tops[parent if found.by_count and parent >= 0 else index].append(found)
        return tops

    def _grown(self, holder: int, group: list[_Moving], word: Word) -> GrownPath | None:
        counted = [found for found in group if found.by_count]
        objects, sizes = self._series(holder, counted)
        gained, gained_bytes = (series[-1] - series[self.start] for series in (objects, sizes))
        if (
            self.floors
            and word != "saw-tooth"
            and not (
                is_enough(gained, gained_bytes, self._asked(self.requests))
                or is_enough(
                    objects[-1] - objects[self.recent],
                    sizes[-1] - sizes[self.recent],
                    self._asked(requests_between(self.taken[self.recent], self.last)),
                )
            )
        ):
            return None
        if word == "saw-tooth" and max(sizes) - min(sizes) < MANY_BYTES:
            return None
        heaviest = max(group, key=lambda found: (found.by_count, self._gain(found.index)))
        member = self.paths[heaviest.index]
        if self.is_few and heaviest.by_count and not self._are_many(heaviest.index, gained_bytes):
            return None
        main = self.tree.main(heaviest.index)
        if self.floors and may_be_cancelled(main.type, main.count, gained_bytes):
            return None
        linked = self.tree.is_linked(heaviest.index)
        named = self.tree.head(heaviest.index) if linked else holder
        bounded = member.flags & _pathtree.FLAG_BOUNDED
        end = self.tree.end_of_chain(heaviest.index, named)
        return GrownPath(
            holder=self.tree.name(named, member),
            # a container with a limit stops by itself
            verdict="warming up" if bounded and word == "growing" else word,
            confidence=max(found.judged.confidence for found in group),
            object_type=main.type,
            object_count=sum(self.paths[f.index].count for f in counted) or objects[-1],
            growth_objects=gained,
            growth_bytes=gained_bytes,
            objects=tuple(objects),
            bytes=tuple(sizes),
            seconds=self.seconds,
            requests=self.requests,
            held_from_c=member.tier in (_pathtree.TIER_C, _pathtree.TIER_C_REFERRED),
            holds_weakly=bool(member.flags & _pathtree.FLAG_WEAK),
            linked=linked,
            chain=self.tree.names.chain(end, self.paths[end].count),
            holder_key=self.paths[holder].key,
            member_key=member.key,
            dense=is_dense(gained, gained_bytes, self._asked(self.requests)),
        )

    def _series(self, holder: int, counted: list[_Moving]) -> tuple[list[int], list[int]]:
        """Objects and bytes under a holder, its own buffer included, in each summary."""
        own = self.paths[holder].key
        # what nothing above holds, such as objects held from C, is its own holder
        keys = [self.paths[found.index].key for found in counted]
        objects, sizes = [], []
        for table in self.tables:
            held = [path for key in keys if (path := table.get(key)) is not None]
            itself = None if own in keys else table.get(own)
            objects.append(
                sum(path.all_objects for path in held)
                + (itself.count + itself.inner if itself is not None else 0)
            )
            sizes.append(
                sum(path.all_bytes for path in held) + (itself.size if itself is not None else 0)
            )
        return objects, sizes

    def _gain(self, index: int) -> int:
        path = self.paths[index]
        before = self.tables[self.start].get(path.key)
        return path.all_bytes - (0 if before is None else before.all_bytes)

    def _are_many(self, index: int, size: int) -> bool:
        """Whether objects of one kind gather, rather than one of much, such as a thread or a
        module: before there are enough summaries to see that those come once."""
        before = self.tables[self.start].get(self.paths[index].key)
        gained = self.paths[index].count - (0 if before is None else before.count)
        return not self.floors or size >= LARGE or gained >= _MANY_ALIKE
