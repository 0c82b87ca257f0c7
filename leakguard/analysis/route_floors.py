"""Whether a suspect gained enough for the requests of the very routes that feed it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from leakguard.analysis.growth_floors import is_enough

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.findings import Suspect
    from leakguard.analysis.growth_compare import Growth
    from leakguard.analysis.suspects import Judgement

# A route with less of the growth than this may owe it to chance.
_FEEDS = 0.2


def with_enough(judged: Sequence[Judgement], growth: Growth | None) -> tuple[Judgement, ...]:
    """The suspects, in their order, without those of which one of many requests adds little.

    Before the routes are known a gain is held against the requests of the rarest route, as that one
    may feed it alone.
    """
    left = [one for one in judged if growth is None or _is_enough(one.suspect)]
    return tuple(
        dataclasses.replace(one, suspect=dataclasses.replace(one.suspect, rank=rank))
        for rank, one in enumerate(left, 1)
    )


def _is_enough(suspect: Suspect) -> bool:
    feeding = [row for row in suspect.routes if row.share >= _FEEDS and row.requests]
    if not feeding or suspect.moves != "growing":
        return True
    requests = sum(row.requests for row in feeding)
    gained, size = suspect.growth_objects or 0, suspect.growth_bytes or 0
    return is_enough(gained, size, requests)
