"""What lives on though no object of the picture owns it: memory that an extension has kept.

The walk follows references. A block that was allocated by Python's own allocators, is alive, and is
no object it came to nor a buffer of one, belongs to something that Python does not know of: a
reference too many, or memory that C code took and has not given back.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from leakguard.analysis.attribution_lines import allocation_lines
from leakguard.analysis.route_findings import Unreached

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.attribution_lines import Stacks
    from leakguard.analysis.attribution_votes import Vote

# Fewer samples are a handful of blocks that the walk does not understand.
_LEAST_SAMPLES = 6
_LEAST_BYTES = 128 << 10
# The interpreter keeps freed blocks of some types for later: all its free lists are not this large.
_FREE_LISTS = 256 << 10
# What gathers is of all ages: each half of the time has left at least this part of it.
_LEAST_HALF = 0.2
_MOST_SURE = 0.95


class Stray(NamedTuple):
    """A sampled block that no object owns. Its age is a part of the requests, or of the time, since
    growth is told."""

    vote: Vote
    age: float


def unreached(strays: Sequence[Stray], stacks: Stacks, requests: int) -> Unreached | None:
    """What the `requests` of a route have left behind like this; None where it does not gather."""
    found = [stray for stray in strays if stray.age < 1]
    size = sum(stray.vote.weight for stray in found)
    if size < _FREE_LISTS + _LEAST_BYTES:
        found = [stray for stray in found if stray.vote.strong]
        size = sum(stray.vote.weight for stray in found)
    if len(found) < _LEAST_SAMPLES or size < _LEAST_BYTES:
        return None
    older = sum(stray.vote.weight for stray in found if stray.age >= 0.5)
    if min(older, size - older) < _LEAST_HALF * size:
        return None
    spread = math.sqrt(sum(stray.vote.variance for stray in found))
    sure = math.erf(size / spread / math.sqrt(2)) if spread else 1.0
    return Unreached(
        bytes=size,
        bytes_per_request=round(size / requests, 1) if requests else None,
        confidence=round(min(sure, _MOST_SURE), 3),
        lines=allocation_lines([stray.vote for stray in found], stacks),
    )
