"""What one leak leaves in several places is told once.

A signal that keeps its receivers in two tables, a task that is in a set and in what it waits for, a
list that is linked both ways: each is a holder that grows, and all of them are one leak.
"""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import TYPE_CHECKING

from leakguard.analysis.growth_told import is_within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.findings import Suspect
    from leakguard.analysis.growth import GrownPath, Growth
    from leakguard.analysis.route_findings import RouteMemory
    from leakguard.analysis.suspects import Judgement

# Two series go together when what they gain in each interval differs by no more than this part
# from what they gain in all.
_TOGETHER = 0.2
_FEWEST_INTERVALS = 3
_FINALIZERS = "weakref.finalize._registry"


def told_once(
    judged: Sequence[Judgement], routes: Sequence[RouteMemory], growth: Growth | None
) -> tuple[tuple[Judgement, ...], tuple[RouteMemory, ...]]:
    """The suspects without those that are parts of another's leak, and the routes with their ranks.

    Such a part grows in step with the other and was made by the same routes: on the same line, or
    it refers to the same objects. What it gained counts with the other, which names its holder.
    """
    if growth is None or not growth.ready:
        return tuple(judged), tuple(routes)
    series = {path.holder: path for path in growth.growing()}
    groups: list[list[Judgement]] = []
    for found in judged:
        path = series.get(found.suspect.holder)
        group = next(
            (g for g in groups if path and _is_part(found.suspect, path, g[0].suspect, series)),
            None,
        )
        if group is None:
            groups.append([found])
        elif _only_follows(group[0].suspect) and not _only_follows(found.suspect):
            group.insert(0, found)  # somebody in Python holds it after all
        else:
            group.append(found)
    ranks = {one.suspect.rank: rank for rank, group in enumerate(groups, 1) for one in group}
    return (
        tuple(_together(group, rank) for rank, group in enumerate(groups, 1)),
        tuple(_ranked(route, ranks) for route in routes),
    )


def _only_follows(suspect: Suspect) -> bool:
    """Whether something else keeps what a suspect is told of: an object that C has, or one whose
    finalizer waits for its end."""
    return suspect.kind == "native" or suspect.holder == _FINALIZERS


def _is_part(part: Suspect, path: GrownPath, whole: Suspect, series: dict[str, GrownPath]) -> bool:
    other = series.get(whole.holder)
    if other is None or not part.routes or not whole.routes:
        return False
    if {share.route for share in part.routes[:1]} != {share.route for share in whole.routes[:1]}:
        return False
    if not _grow_together(path.objects, other.objects):
        return False
    return _same_line(part, whole) or _refers(part, whole) or _refers(whole, part)


def _same_line(one: Suspect, other: Suspect) -> bool:
    """Whether a line that is among the first of one is the first of the other."""
    ones, others = ([(line.file, line.line) for line in s.lines] for s in (one, other))
    return bool(ones and others) and (ones[0] in others[:2] or others[0] in ones[:2])


def _refers(one: Suspect, other: Suspect) -> bool:
    """Whether most objects of one are held by what the other's holder has as well."""
    return any(
        name == other.holder or name.startswith(f"{other.holder}[") for name in one.also_held_by
    )


def _grow_together(one: Sequence[int], other: Sequence[int]) -> bool:
    gains = [(b - a, d - c) for (a, b), (c, d) in zip(pairwise(one), pairwise(other), strict=True)][
        -_FEWEST_INTERVALS - 1 :
    ]
    ones, others = (sum(gain[side] for gain in gains) for side in (0, 1))
    if len(gains) < _FEWEST_INTERVALS or ones <= 0 or others <= 0:
        return False
    share = ones / others
    return all(
        abs(gain - share * beside) <= _TOGETHER * ones / len(gains) for gain, beside in gains
    )


def _together(group: list[Judgement], rank: int) -> Judgement:
    first, others = group[0], [found.suspect for found in group[1:]]
    suspect = dataclasses.replace(first.suspect, rank=rank)
    if not others:
        return dataclasses.replace(first, suspect=suspect)
    every = [suspect, *others]
    names = list(suspect.also_held_by)
    names += [
        other.holder
        for other in others
        if not any(is_within(name, other.holder) for name in suspect.also_held_by)
    ]
    suspect = dataclasses.replace(
        suspect,
        retained_bytes=sum(one.retained_bytes for one in every),
        object_count=sum(
            one.object_count for one in every if one.object_type == suspect.object_type
        ),
        share=round(min(1.0, sum(one.share for one in every)), 4),
        growth_objects=sum(one.growth_objects or 0 for one in every),
        growth_bytes=sum(one.growth_bytes or 0 for one in every),
        bytes_per_request=round(sum(one.bytes_per_request or 0.0 for one in every), 1),
        routes=tuple(
            dataclasses.replace(
                share, bytes_per_request=_scaled(share.bytes_per_request, suspect, every)
            )
            for share in suspect.routes
        ),
        also_held_by=tuple(dict.fromkeys(name for name in names if name != suspect.holder)),
    )
    return dataclasses.replace(first, suspect=suspect)


def _scaled(each: float | None, first: Suspect, every: Sequence[Suspect]) -> float | None:
    if each is None or not first.growth_bytes:
        return each
    whole = sum(one.growth_bytes or 0 for one in every)
    return round(each * whole / first.growth_bytes, 1)


def _ranked(route: RouteMemory, ranks: dict[int, int]) -> RouteMemory:
    return dataclasses.replace(
        route, suspects=tuple(dict.fromkeys(ranks.get(rank, rank) for rank in route.suspects))
    )
