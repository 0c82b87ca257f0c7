"""What gathered under a holder, from summary to summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis.growth_floors import LARGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from leakguard.analysis.growth_moving import Moves, Moving
    from leakguard.analysis.growth_summary import GrowthPath

_MANY_ALIKE = 10


class Gains:
    """The paths of the last summary, each with what it was in the others; growth is told from the
    summary at `start` on."""

    def __init__(
        self,
        paths: Sequence[GrowthPath],
        tables: Sequence[Mapping[int, GrowthPath]],
        start: int,
        moves: Moves,
    ) -> None:
        self.paths = paths
        self.tables = tables
        self.start = start
        self.moves = moves

    def series(self, holder: int, counted: list[Moving]) -> tuple[list[int], list[int]]:
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
        folded = [] if counted else self.moves.folded(holder)
        if any(folded):
            sizes = [sum(both) for both in zip(sizes, folded, strict=True)]
            objects = [objects[-1]] * len(objects)
        return objects, sizes

    def whole(self, holder: int, without: Iterable[int]) -> tuple[list[int], list[int]]:
        """The same of all that is under a holder, but for the paths `without` and what is below."""
        own, left_out = self.paths[holder].key, [self.paths[index].key for index in without]
        objects, sizes = [], []
        for table in self.tables:
            itself = [path] if (path := table.get(own)) is not None else []
            apart = [path for key in left_out if (path := table.get(key)) is not None]
            objects.append(sum(p.all_objects for p in itself) - sum(p.all_objects for p in apart))
            sizes.append(sum(p.all_bytes for p in itself) - sum(p.all_bytes for p in apart))
        return objects, sizes

    def held(self, counted: list[Moving], member: GrowthPath, *, far: bool) -> tuple[int, int]:
        """How many objects like the heaviest there are now, and the bytes of all that gathers.

        `far` where they lie under several keys of the holder.
        """
        objects: dict[tuple[int, str, str], int] = {}
        sizes: dict[tuple[int, str, str], int] = {}
        for path in (self.paths[found.index] for found in counted):
            key = -1 if far else path.parent, path.type, path.name
            sizes[key] = path.far_bytes if far else path.near_bytes
            if path.type == member.type:
                objects[key] = path.far_count if far else path.near_count
        return sum(objects.values()), sum(sizes.values())

    def alike(self, group: list[Moving]) -> list[Moving]:
        """Those of a group that are like the heaviest of it."""

        def what(found: Moving) -> tuple[str, str, bool]:
            path = self.paths[found.index]
            return path.type, path.name, found.by_count

        heaviest = max(group, key=lambda found: self.gain(found.index))
        return [found for found in group if what(found) == what(heaviest)]

    def gain(self, index: int) -> int:
        """Bytes that a path gained with all below it."""
        path = self.paths[index]
        before = self.tables[self.start].get(path.key)
        return path.all_bytes - (0 if before is None else before.all_bytes)

    def are_many(self, index: int, size: int) -> bool:
        """Whether objects of one kind gather, rather than one of much, such as a thread or a
        module: before there are enough summaries to see that those come once."""
        before = self.tables[self.start].get(self.paths[index].key)
        gained = self.paths[index].count - (0 if before is None else before.count)
        return size >= LARGE or gained >= _MANY_ALIKE
