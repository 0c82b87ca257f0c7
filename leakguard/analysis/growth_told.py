"""Which of the grown paths are told: one for what a reader could not tell apart."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from leakguard.analysis.growth_found import GrownPath

# Where running threads are held: by the interpreter, which tells nobody who started them.
_RUNNING = re.compile(
    r"threading\.(_active|_shutdown_locks)\b|<thread>|C code \(threading\.Thread\._bootstrap\)"
)
# What grows with the threads explains them: it has so many objects for each, and so many bytes.
_FOR_EACH, _NOT_NOTHING = 0.5, 0.1
# Who holds weakly is named only where no other holder grows with so much of it.
_EXPLAINED = 0.5


def by_name(found: list[GrownPath]) -> list[GrownPath]:
    """One for all that a reader could not tell apart: the lists that one dict has by data keys."""
    alike: dict[tuple[str, str, str], list[GrownPath]] = defaultdict(list)
    for grown in found:
        alike[grown.holder, grown.object_type, grown.verdict].append(grown)
    return [_summed(group) if len(group) > 1 else group[0] for group in alike.values()]


def _summed(group: list[GrownPath]) -> GrownPath:
    largest = max(group, key=lambda grown: grown.growth_bytes)
    return replace(
        largest,
        confidence=max(grown.confidence for grown in group),
        object_count=sum(grown.object_count for grown in group),
        held_bytes=sum(grown.held_bytes for grown in group),
        growth_objects=sum(grown.growth_objects for grown in group),
        growth_bytes=sum(grown.growth_bytes for grown in group),
        objects=tuple(map(sum, zip(*(grown.objects for grown in group), strict=True))),
        bytes=tuple(map(sum, zip(*(grown.bytes for grown in group), strict=True))),
        alike_keys=tuple(grown.holder_key for grown in group if grown is not largest),
    )


def is_within(holder: str, name: str) -> bool:
    """Whether a holder is the one of that name, or an attribute or an item of it."""
    return holder == name or holder.startswith((f"{name}.", f"{name}["))


def without_weak(found: Iterable[GrownPath]) -> list[GrownPath]:
    """Who holds weakly keeps nothing alive, unless the values are all that refers to the keys."""
    found = list(found)
    strong = max(
        (g.growth_objects for g in found if not g.holds_weakly and g.verdict == "growing"),
        default=0,
    )
    return [
        grown
        for grown in found
        if not grown.holds_weakly or strong < _EXPLAINED * grown.growth_objects
    ]


def threads_last(ranked: list[GrownPath]) -> list[GrownPath]:
    """Growing threads once, and behind what grows with them: the pools that nobody shut down."""
    running = [g for g in ranked if g.verdict == "growing" and _RUNNING.match(g.holder)]
    if not running:
        return ranked
    told = next((g for g in running if g.holder.startswith("threading.")), running[0])
    others = [grown for grown in ranked if grown not in running]
    place = max(
        (
            at
            for at, grown in enumerate(others, 1)
            if grown.verdict == "growing"
            and grown.object_count >= _FOR_EACH * told.object_count
            and grown.growth_bytes >= _NOT_NOTHING * told.growth_bytes
        ),
        default=sum(g.verdict == "growing" and g.growth_bytes > told.growth_bytes for g in others),
    )
    return [*others[:place], told, *others[place:]]
