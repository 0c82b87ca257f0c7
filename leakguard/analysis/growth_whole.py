"""Holders as a whole: what they lose beside what gathers in them, and whether that has a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis import _pathtree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.growth_moving import Moves
    from leakguard.analysis.growth_series import Judged
    from leakguard.analysis.growth_summary import GrowthPath
    from leakguard.analysis.growth_tree import PathTree

# A holder that has gained so much of what gathers in it has lost nothing.
_NOTHING_WENT = 0.9


def turned_over(
    moves: Moves, held: Sequence[GrowthPath | None], start: int, gained: int, size: int
) -> tuple[Judged, int, int] | None:
    """How a holder moves as a whole, and the objects and bytes that it gained since `start`, where
    others went while `gained` objects of `size` bytes gathered; None where nothing went.

    `held` is the holder in each summary. The dict keys of warm-up are paths of their own: that they
    go is not to be seen among those that came later.
    """
    if any(path is None for path in held[start:]):
        return None
    objects = [0 if path is None else path.all_objects for path in held]
    sizes = [0 if path is None else path.all_bytes for path in held]
    net, net_size = objects[-1] - objects[start], sizes[-1] - sizes[start]
    if net >= _NOTHING_WENT * gained and net_size >= _NOTHING_WENT * size:
        return None
    judged = moves.judge_both(objects, sizes)
    return judged, min(gained, max(net, 0)), min(size, max(net_size, 0))


def holds_bounded(tree: PathTree, index: int, held: Sequence[GrowthPath]) -> bool:
    """Whether a path, or most of what is below it, limits how much it holds.

    `held` is the path in each summary: one that takes in more objects has no limit by what those
    have, of which each may limit what it holds.
    """
    if tree.paths[index].flags & _pathtree.FLAG_BOUNDED:
        return True
    below = tree.children[index]
    is_full = len({(path.count, path.inner, path.size) for path in held}) == 1
    bounded = sum(_bounded_bytes(tree, child, deep=is_full) for child in below)
    return 2 * bounded > sum(tree.paths[child].all_bytes for child in below)


def _bounded_bytes(tree: PathTree, index: int, *, deep: bool) -> int:
    """What is below a path and in something that limits how much it holds; not `deep`: only where
    the path itself does."""
    found, ahead = 0, [index]
    while ahead:
        at = ahead.pop()
        if tree.paths[at].flags & _pathtree.FLAG_BOUNDED:
            found += tree.paths[at].all_bytes
        elif deep:
            ahead += tree.children[at]
    return found
