"""What grew between two snapshots: by holder and by type, without a judgement."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from leakguard.analysis._pathtree import FLAG_OWN
from leakguard.analysis.growth_found import GrownPath, requests_between
from leakguard.analysis.growth_holders import Comparison

if TYPE_CHECKING:
    from leakguard.analysis.growth_summary import Summary

MOST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Mark:
    """One snapshot: `created` in seconds since the epoch, after how many `requests` (None where
    nobody counts), and how much of the heap some root reached."""

    id: int
    created: float
    requests: int | None
    objects: int
    heap_bytes: int

    @classmethod
    def of(cls, number: int, summary: Summary) -> Self:
        """The figures of a summary."""
        return cls(number, summary.created, summary.requests, summary.objects, summary.size)


@dataclass(frozen=True, slots=True)
class TypeGrowth:
    """What all objects of one type gained; `bytes` with the small leaves of their own."""

    type: str
    objects: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What grew from one snapshot to another, the most bytes first."""

    before: Mark
    after: Mark
    holders: tuple[GrownPath, ...]
    types: tuple[TypeGrowth, ...]

    @property
    def seconds(self) -> float:
        """The time between them."""
        return max(0.0, self.after.created - self.before.created)

    @property
    def requests(self) -> int | None:
        """Requests that ended between them, None where nobody counts."""
        if self.before.requests is None or self.after.requests is None:
            return None
        return max(0, self.after.requests - self.before.requests)

    @property
    def growth_bytes(self) -> int:
        """What all objects take more, less than 0 where it is less."""
        return self.after.heap_bytes - self.before.heap_bytes


def diff(
    before: Summary, after: Summary, before_id: int, after_id: int, *, most: int = MOST_ROWS
) -> Difference:
    """At most `most` holders and types that gained between two summaries of one process."""
    weight = float(requests_between(before, after) or max(after.created - before.created, 1e-3))
    grown = Comparison((before, after), (weight,), floors=False).grown()
    holders = sorted(
        (path for path in grown if path.growth_bytes > 0),
        key=lambda path: (-path.growth_bytes, path.holder),
    )
    return Difference(
        Mark.of(before_id, before),
        Mark.of(after_id, after),
        tuple(holders[:most]),
        _types(before, after)[:most],
    )


def _types(before: Summary, after: Summary) -> tuple[TypeGrowth, ...]:
    gained: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for summary, sign in ((before, -1), (after, 1)):
        for path in summary.paths:
            if path.flags & FLAG_OWN or path.type.startswith("leakguard."):
                continue
            sums = gained[path.type]
            sums[0] += sign * path.count
            sums[1] += sign * path.size
    rows = (TypeGrowth(name, objects, size) for name, (objects, size) in gained.items())
    return tuple(sorted((row for row in rows if row.bytes > 0), key=lambda r: (-r.bytes, r.type)))
