"""Whether the bound of a container helps: one that is never reached is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from leakguard.analysis._pathtree import FLAG_BOUNDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.growth_summary import GrowthPath

# From so many entries on nobody has thought of memory.
NO_LIMIT = 10_000_000
# A bound is far where the container is not filled to this part of it, holds so many entries or
# more, and would take so many bytes when full.
_FILLED, _MANY, _TOO_MUCH = 0.1, 10_000, 1 << 30
# What may stop one day is less certain than what cannot.
_DOUBT = 0.8
_INFINITE = 1 << 62


class Bound(NamedTuple):
    """How many entries the containers of a path may hold, and how many they do; bytes with all
    below them. `place` is the path's index."""

    place: int
    limit: int
    entries: int
    size: int

    @property
    def is_far(self) -> bool:
        """Whether it is no help against growth: there is no memory for what it allows."""
        if self.limit >= NO_LIMIT:
            return True
        full = self.size / max(1, self.entries) * self.limit
        return self.limit >= _MANY and self.entries < _FILLED * self.limit and full >= _TOO_MUCH

    @property
    def told(self) -> int:
        """The limit to tell of, 0 where there is none in truth."""
        return self.limit if self.limit < _INFINITE else 0

    @property
    def sure(self) -> float:
        """What it leaves of the confidence that something leaks."""
        return _DOUBT if self.told else 1.0


def far_bound_of(
    paths: Sequence[GrowthPath], index: int, children: dict[int, list[int]]
) -> Bound | None:
    """The bound above a path if it is no help, else None."""
    if not paths[index].flags & FLAG_BOUNDED:
        return None
    bound = bound_of(paths, index, children)
    return bound if bound is not None and bound.is_far else None


def bound_of(
    paths: Sequence[GrowthPath], index: int, children: dict[int, list[int]]
) -> Bound | None:
    """The bound of the nearest container above a path, or of its own objects; None where no bound
    is known."""
    while index >= 0 and not paths[index].limit:
        index = paths[index].parent
    if index < 0:
        return None
    path = paths[index]
    below = [*children[index], *(c for child in children[index] for c in children[child])]
    entries = max([path.inner // 2, *(_entries(paths[child]) for child in below)])
    return Bound(index, path.limit, entries, path.all_bytes)


def _entries(path: GrowthPath) -> int:
    """Of a table's own leaves every other one may be a key."""
    return max(path.count, path.inner // 2)
