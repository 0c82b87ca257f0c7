"""Suspects of this process beside what grew in the workers before it."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from leakguard.analysis.earlier_lives import added
from leakguard.analysis.growth_notes import NOT_ENOUGH
from leakguard.analysis.verdict_earlier import believed
from leakguard.image import TypeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from leakguard.analysis.earlier import Earlier, GrewBefore, Life
    from leakguard.analysis.growth_compare import Growth
    from leakguard.analysis.heap import Heap
    from leakguard.analysis.suspects import Judgement

_MODULE = re.compile(r"([A-Za-z_]\w*)\.")
_NOT_HERE_YET = "Not enough history yet to say what grows in this worker: see what grew before it."


def of_this_app(lives: Iterable[Life], heap: Heap) -> tuple[Life, ...]:
    """The lives without what grew in modules that this process does not have: one script may serve
    now one app and now another."""
    named = heap.image.named_node
    idents = (heap.image.ident_of(node) for node in named if heap.kind(node) == TypeKind.MODULE)
    packages = {ident.name.partition(".")[0] for ident in idents if ident is not None}

    def is_here(grew: GrewBefore) -> bool:
        dotted = _MODULE.match(grew.holder)
        return dotted is None or dotted[1] in packages

    return tuple(
        dataclasses.replace(life, grew=tuple(grew for grew in life.grew if is_here(grew)))
        for life in lives
    )


def inherit(
    judged: Sequence[Judgement], earlier: Earlier, growth: Growth | None
) -> tuple[Judgement, ...]:
    """The suspects with what earlier workers add to them.

    What grows here, and went on growing in two generations before, is surer than the few snapshots
    of this process alone make it. As long as nothing can be said of growth here, only what grew
    before is suspected, where the earlier workers could tell: what is merely large was large there
    too. Nothing becomes a suspect that this image does not show.
    """
    if growth is None and (believed(earlier) or any(life.ready for life in earlier.lives)):
        judged = [one for one in judged if _before(one, earlier)]
    found = []
    for rank, one in enumerate(judged, 1):
        suspect = dataclasses.replace(one.suspect, rank=rank)
        before = earlier.of(suspect.holder, suspect.object_type)
        if before is not None and before.confirmed and growth is not None and not growth.ready:
            suspect = dataclasses.replace(
                suspect, confidence=added(suspect.confidence or 0.0, before)
            )
        found.append(dataclasses.replace(one, suspect=suspect))
    return tuple(found)


def remark(note: str | None, judged: Sequence[Judgement], earlier: Earlier) -> str | None:
    """What is still missing to be sure, beside what earlier workers told."""
    if note == NOT_ENOUGH:
        return _NOT_HERE_YET if earlier.growing else note
    first = judged[0].suspect if judged else None
    before = None if first is None else earlier.of(first.holder, first.object_type)
    return None if before is not None and before.confirmed else note


def _before(one: Judgement, earlier: Earlier) -> bool:
    return earlier.of(one.suspect.holder, one.suspect.object_type) is not None
