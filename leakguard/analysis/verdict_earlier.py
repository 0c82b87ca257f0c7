"""The sentences on what grew in the workers before this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis.verdict_units import byte_words, sure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.earlier import Earlier, EarlierGrowth
    from leakguard.analysis.findings import Suspect

WAIT = "Snapshots of this worker, with requests between them, will tell whether it grows here too."
# From so sure on, what grew in other processes is the answer of one that cannot tell yet.
_SURE_ENOUGH = 0.75
# Paces so close are told as one.
_ALIKE = 1.25


def believed(earlier: Earlier | None) -> EarlierGrowth | None:
    """What grew in earlier workers beyond much doubt, None where nothing did."""
    for grown in earlier.growing if earlier is not None else ():
        if grown.confirmed or grown.confidence >= _SURE_ENOUGH:
            return grown
    return None


def too(earlier: Earlier | None, suspect: Suspect) -> str:
    """The same suspect in earlier workers, "" where it did not grow there."""
    grown = None if earlier is None else earlier.of(suspect.holder, suspect.object_type)
    return "" if grown is None else f" It grew {where(grown)} before this one too."


def instead(grown: EarlierGrowth) -> str:
    """For a worker that cannot tell yet what grows in it."""
    noun = grown.object_type.rpartition(".")[2]
    return (
        f"{noun} objects in {grown.holder} grew{pace(grown)} {where(grown)} before this one "
        f"({sure(grown.confidence)}), which is too young to tell."
    )


def where(grown: EarlierGrowth) -> str:
    """`in each of 3 generations of workers`, `in 2 of 8 workers`, `in the worker`."""
    if grown.of == 1:
        return "in the worker"
    if grown.workers < grown.of:
        return f"in {grown.workers} of {grown.of} workers"
    if grown.generations > 1:
        return f"in each of {grown.generations} generations of workers"
    return f"in each of {grown.workers} workers"


def pace(grown: EarlierGrowth) -> str:
    """` by 2.1 MB/min`, "" where it is not known."""
    told: Sequence[float] = [one for one in (grown.low, grown.high) if one]
    if not told:
        return ""
    low, high = min(told), max(told)
    if high <= low * _ALIKE:
        return f" by {byte_words((low + high) / 2)}/min"
    return f" by {byte_words(low)}/min to {byte_words(high)}/min"
