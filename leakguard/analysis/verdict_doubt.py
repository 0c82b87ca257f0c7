"""What would raise the confidence of a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis.growth_series import LEAST_INTERVALS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.earlier import Earlier
    from leakguard.analysis.evidence import TermMove
    from leakguard.analysis.findings import SnapshotFacts, Suspect
    from leakguard.analysis.growth_compare import Growth

_SURE_ENOUGH = 0.95
_SURE_BY_OTHERS = 0.9
# Below this part of what the allocators handed out, too much was not seen to say that all is well.
ENOUGH_COVERAGE = 0.7
_NUMBERS = ("no", "one", "two", "three", "four", "five")


def doubt(
    sure: float,
    suspects: Sequence[Suspect] = (),
    *,
    snapshot: SnapshotFacts,
    growth: Growth | None,
    served: bool,
    sampled: bool,
    beside: TermMove | None = None,
    earlier: Earlier | None = None,
    untold: bool = False,
) -> str:
    """One or two sentences, "" where nothing is missing.

    `served` is True where the server told what it knows beside the image, `sampled` where
    allocations are sampled, `untold` where malloc does not tell what it holds; `beside` is a term
    that grows beside the suspects. What `earlier` workers have confirmed needs no more snapshots
    here.
    """
    reasons: list[str] = []
    if _is_confirmed(suspects, earlier) and sure >= _SURE_BY_OTHERS:
        pass
    elif served and (growth is None or not growth.ready):
        reasons.append(_more_snapshots(growth))
    elif growth is not None and sure < _SURE_ENOUGH:
        reasons.append("More requests between snapshots make it more certain.")
    if snapshot.coverage is not None and snapshot.coverage < ENOUGH_COVERAGE:
        reached = f"{100 * snapshot.coverage:.0f} %"
        reasons.append(f"Only {reached} of what is allocated was reached.")
    elif snapshot.coverage is None and served and not suspects:
        reasons.append("Python's allocator does not tell how much of the heap was reached.")
    if untold and sure < _SURE_ENOUGH:
        reasons.append(
            "This malloc does not tell what the C heap holds: a leak there shows late, as resident "
            "memory that grows."
        )
    if served and suspects and not sampled:
        reasons.append("With sampling on, the route and the line would be known.")
    if beside is not None and not reasons:
        reasons.append(
            "What grows beside it may belong to these objects, or be a second leak: it will stop "
            "with the first if it is theirs."
        )
    return " ".join(reasons[:2])


def _is_confirmed(suspects: Sequence[Suspect], earlier: Earlier | None) -> bool:
    if not suspects or earlier is None:
        return False
    before = earlier.of(suspects[0].holder, suspects[0].object_type)
    return before is not None and before.confirmed


def _more_snapshots(growth: Growth | None) -> str:
    missing = max(1, LEAST_INTERVALS - (growth.intervals if growth is not None else 0))
    number = _NUMBERS[missing] if missing < len(_NUMBERS) else str(missing)
    noun = "snapshot" if missing == 1 else "snapshots"
    return f"{number.capitalize()} more {noun} with requests between them will tell what grows."
