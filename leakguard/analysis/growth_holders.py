"""Who holds what grows: paths that move, the topmost of them, and what is above those."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from leakguard.analysis import _pathtree, interned, quiet
from leakguard.analysis.growth_bounds import far_bound_of
from leakguard.analysis.growth_floors import (
    MANY_BYTES,
    is_dense,
    is_enough,
    may_be_cancelled,
)
from leakguard.analysis.growth_found import GrownPath, requests_between
from leakguard.analysis.growth_gains import Gains
from leakguard.analysis.growth_moving import Moves, Moving, comes_by_imports
from leakguard.analysis.growth_rest import Rest, rests
from leakguard.analysis.growth_series import LEAST_INTERVALS, MOST_INTERVALS, Word
from leakguard.analysis.growth_told import by_name, is_within, without_weak
from leakguard.analysis.growth_tree import PathTree
from leakguard.analysis.growth_whole import holds_bounded, turned_over
from leakguard.image import TypeKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.growth_summary import Summary

# A gain in fewer requests of one route than this is no evidence.
_FEWEST = 200


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
        self.moves = Moves(self.last, self.tables, weights)
        # What has begun to grow lately is not to be lost among the requests of long ago.
        self.recent = max(self.start, len(taken) - 1 - MOST_INTERVALS)
        self.gains = Gains(self.paths, self.tables, self.start, self.moves)
        self.requests = requests_between(taken[self.start], self.last)
        self.seconds = self.last.created - taken[self.start].created

    def grown(self) -> list[GrownPath]:
        """Every holder under which something gathers, warms up or comes and goes."""
        moving = self.moves.moving()
        found: list[GrownPath] = []
        taken: set[int] = set()
        for word in ("growing", "warming up", "saw-tooth"):
            tops = self._tops({m.index: m for m in moving if m.judged.word == word})
            together = False
            while tops:
                small: dict[int, list[Moving]] = {}
                for holder, group in sorted(tops.items()):
                    if holder in taken or self.tree.has_above(holder, taken):
                        continue
                    apart = self.tree.below(holder, taken) if together else None
                    grown = self._grown(holder, group, word, apart)
                    if grown is not None:
                        found.append(grown)
                        taken.add(holder)
                    else:
                        small[holder] = group
                tops, together = self._together(small), True
            if word == "growing" and self.floors and not self.is_few:
                found += self._from_rests(taken, [grown.holder for grown in found])
        return without_weak(by_name(found))

    def _from_rests(self, taken: set[int], told: list[str]) -> list[GrownPath]:
        """Holders of what gathers in paths too small, or too new, to be seen by themselves."""
        found: list[GrownPath] = []
        for rest in rests(self.tree, self.tables, taken, self.moves):
            grown = self._grown_rest(rest)
            # a new thread's part of what grows in the others is no other leak
            if grown is not None and not any(is_within(grown.holder, name) for name in told):
                found.append(grown)
                taken.add(rest.index)
        return found

    def _grown_rest(self, rest: Rest) -> GrownPath | None:
        gained, gained_bytes = (s[-1] - s[self.start] for s in (rest.objects, rest.bytes))
        asked = self._asked(self.requests)
        if not is_enough(gained, gained_bytes, asked):
            return None
        if self._may_be_cancelled(rest.index, gained_bytes):
            return None
        path = self.paths[rest.index]
        far = far_bound_of(self.paths, rest.index, self.tree.children)
        held = [known for table in self.tables[self.start :] if (known := table.get(path.key))]
        bounded = far is None and holds_bounded(self.tree, rest.index, held)
        return GrownPath(
            holder=self.tree.name(rest.index, path),
            verdict="warming up" if bounded else "growing",
            confidence=round(rest.judged.confidence * (far.sure if far else 1), 3),
            object_type=path.type,
            object_count=path.count,
            growth_objects=gained,
            growth_bytes=gained_bytes,
            objects=rest.objects,
            bytes=rest.bytes,
            held_bytes=rest.bytes[-1],
            seconds=self.seconds,
            requests=self.requests,
            held_from_c=False,
            holds_weakly=bool(path.flags & _pathtree.FLAG_WEAK),
            linked=False,
            chain=self.tree.names.chain(rest.index, path.count),
            holder_key=path.key,
            member_key=path.key,
            dense=is_dense(gained, gained_bytes, asked),
            limit=far.told if far else 0,
            bounded=bounded,
        )

    def _may_be_cancelled(self, index: int, size: int) -> bool:
        """Whether it is of timers, or held by them, that were cancelled."""
        held_by = (self.paths[at] for at in (index, *self.tree.above(index)))
        return self.floors and any(may_be_cancelled(p.type, p.count, size) for p in held_by)

    def _together(self, small: dict[int, list[Moving]]) -> dict[int, list[Moving]]:
        """What is too little under each key of a dict (a list a thread, say), by the dict."""
        above: dict[int, list[Moving]] = defaultdict(list)
        for holder, group in small.items():
            index = holder
            while index >= 0 and not self.paths[index].flags & _pathtree.FLAG_DISTINCT_KEY:
                index = self.paths[index].parent
            if index >= 0 and self.paths[index].parent >= 0:
                above[self.paths[index].parent] += group
        alike = {holder: self.gains.alike(group) for holder, group in above.items()}
        return {holder: group for holder, group in alike.items() if len(group) > 1}

    def _asked(self, requests: int | None) -> float | None:
        """The requests that a gain is held against: those of the route that had the fewest."""
        return requests and max(requests * self.rarest, min(requests, _FEWEST))

    def _tops(self, moving: dict[int, Moving]) -> dict[int, list[Moving]]:
        """What moves and has nothing above it that does, by the path that holds it."""
        tops: dict[int, list[Moving]] = defaultdict(list)
        by_count = {index for index, found in moving.items() if found.by_count}
        for index, found in moving.items():
            if self.tree.has_above(index, by_count):
                continue
            parent = self.paths[index].parent
            holder = parent if found.by_count and parent >= 0 else index
            # a cache with a bound is one thing, whatever tables it has
            far = far_bound_of(self.paths, holder, self.tree.children)
            tops[holder if far is None else far.place].append(found)
        return tops

    def _grown(
        self, holder: int, group: list[Moving], word: Word, apart: list[int] | None
    ) -> GrownPath | None:
        """What a group gains under its holder; or the whole holder does, but for those `apart`."""
        counted = [found for found in group if found.by_count]
        if apart is None:
            objects, sizes = self.gains.series(holder, counted)
        else:
            objects, sizes = self.gains.whole(holder, apart)
        gained, gained_bytes = (series[-1] - series[self.start] for series in (objects, sizes))
        judged = max((found.judged for found in group), key=lambda judged: judged.confidence)
        if word != "saw-tooth" and counted:
            held = [table.get(self.paths[holder].key) for table in self.tables]
            whole = turned_over(self.moves, held, self.start, gained, gained_bytes)
            if whole is not None:
                judged, gained, gained_bytes = whole
                if judged.word == "steady":
                    return None
                word = judged.word if word == "growing" else word
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
        heaviest = max(group, key=lambda found: (found.by_count, self.gains.gain(found.index)))
        member = self.paths[heaviest.index]
        few = self.is_few and self.floors and heaviest.by_count
        if few and not self.gains.are_many(heaviest.index, gained_bytes):
            return None
        if self.is_few and comes_by_imports(member):
            return None  # the first requests import
        main = self.tree.main(heaviest.index)
        if self._may_be_cancelled(heaviest.index, gained_bytes):
            return None
        linked = self.tree.is_linked(heaviest.index)
        named = self.tree.head(heaviest.index) if linked else holder
        name = self.tree.name(named, member)
        far = far_bound_of(self.paths, heaviest.index, self.tree.children)
        bounded = far is None and (
            (member.flags | self.paths[holder].flags) & _pathtree.FLAG_BOUNDED
            or quiet.is_bounded_holder(name)
        )
        end = self.tree.end_of_chain(heaviest.index, named)
        held_objects, held_bytes = self.gains.held(counted, member, far=apart is not None)
        return GrownPath(
            holder=name,
            # a container with a limit stops by itself
            verdict="warming up" if bounded and word == "growing" else word,
            confidence=round(judged.confidence * (far.sure if far else 1), 3),
            object_type="str" if main.type == interned.TABLE_TYPE else main.type,
            object_count=held_objects or max(1, member.count),
            growth_objects=gained,
            growth_bytes=gained_bytes,
            objects=tuple(objects),
            bytes=tuple(sizes),
            seconds=self.seconds,
            requests=self.requests,
            held_from_c=member.tier in (_pathtree.TIER_C, _pathtree.TIER_C_REFERRED)
            and main.type != interned.TABLE_TYPE,
            holds_weakly=bool(member.flags & _pathtree.FLAG_WEAK)
            or member.type_kind == TypeKind.WEAKREF,
            linked=linked,
            chain=self.tree.names.chain(end, self.paths[end].near_count),
            holder_key=self.paths[holder].key,
            member_key=member.key,
            dense=is_dense(gained, gained_bytes, self._asked(self.requests)),
            limit=far.told if far else 0,
            bounded=bool(bounded),
            held_bytes=max(sizes[-1], held_bytes),
        )
