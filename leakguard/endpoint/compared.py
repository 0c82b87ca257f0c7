"""Kept snapshots, found by their ids and held against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis.growth_diff import Difference, Mark, diff
from leakguard.analysis.growth_summary import Summary
from leakguard.endpoint.messages import Refusal
from leakguard.endpoint.query import shown

if TYPE_CHECKING:
    from leakguard.endpoint.timeline import Kept, Timeline


def ends(timeline: Timeline, start: str, end: str) -> tuple[Kept, Kept]:
    """The two snapshots of those names. Raises `Refusal` where they cannot be compared."""
    before, after = _find(timeline, start), _find(timeline, end)
    if before.id == after.id:
        raise Refusal(
            404,
            f"Both are snapshot {before.id}, and nothing grows in one: ask for a report after some "
            f"more requests, then again. {_there_are(timeline)}",
        )
    if before.id > after.id:
        raise Refusal(
            400, f"Snapshot {before.id} is later than {after.id}: exchange 'from' and 'to'."
        )
    return before, after


def difference(before: Kept, after: Kept) -> Difference:
    """What grew between them. Takes some 50 ms for the largest heaps."""
    return diff(
        Summary.from_bytes(before.summary), Summary.from_bytes(after.summary), before.id, after.id
    )


def mark(kept: Kept) -> Mark:
    """The figures of one snapshot."""
    return Mark.of(kept.id, Summary.from_bytes(kept.summary))


def _find(timeline: Timeline, name: str) -> Kept:
    try:
        return timeline.find(name)
    except KeyError:
        raise Refusal(404, f"There is no snapshot {shown(name)}. {_there_are(timeline)}") from None


def _there_are(timeline: Timeline) -> str:
    ids = [str(kept.id) for kept in timeline.kept()]
    if not ids:
        return "None has been taken yet: POST to /baseline below this, or ask for a report."
    listed = ids[0] if len(ids) == 1 else f"{', '.join(ids[:-1])} and {ids[-1]}"
    verb = "is" if len(ids) == 1 else "are"
    return f"There {verb} {listed}; 'baseline' is {ids[0]}, 'latest' {ids[-1]}."
