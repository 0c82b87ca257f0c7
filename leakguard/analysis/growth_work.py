"""Whether what was asked for between two snapshots is comparable with the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Of two times the work is alike when the shares of the routes have this much in common.
ALIKE = 0.5
# Routes below this part of all requests are too rare to raise suspicion by themselves.
_RARE = 0.02


class Work:
    """Requests by route that had ended at each of several snapshots; without any it is all alike.

    Nothing can grow by a route that nobody asks for: an interval of other work says neither that a
    leak has stopped nor that a new one is there.
    """

    def __init__(self, routes: Sequence[Mapping[str, int]] = ()) -> None:
        self._routes = routes

    def is_odd(self, start: int, end: int) -> bool:
        """Whether mostly other routes were asked for than over the whole time."""
        if not self._routes:
            return False
        return not alike(
            shares(self._routes[start], self._routes[end]),
            shares(self._routes[0], self._routes[-1]),
        )

    def rarest(self) -> float:
        """The part of the requests that the least asked-for route had: what one route of a mix
        feeds is held against the requests of that route."""
        if not self._routes:
            return 1.0
        every = shares(self._routes[0], self._routes[-1]).values()
        return min((share for share in every if share >= _RARE), default=1.0)


def alike(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Whether two times have enough work in common; a time without any is like every other."""
    if not one or not other:
        return True
    return sum(min(share, other.get(route, 0.0)) for route, share in one.items()) >= ALIKE


def shares(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, float]:
    """The part of each route in the requests between two times."""
    passed = {route: max(0, count - before.get(route, 0)) for route, count in after.items()}
    every = sum(passed.values())
    return {route: count / every for route, count in passed.items()} if every else {}
