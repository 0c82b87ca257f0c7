"""Which of the grown paths are told: one for what a reader could not tell apart."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from leakguard.analysis.growth_found import GrownPath

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
        growth_objects=sum(grown.growth_objects for grown in group),
        growth_bytes=sum(grown.growth_bytes for grown in group),
        objects=tuple(map(sum, zip(*(grown.objects for grown in group), strict=True))),
        bytes=tuple(map(sum, zip(*(grown.bytes for grown in group), strict=True))),
    )


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
