"""What several summaries of one process tell together."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from leakguard.analysis.growth_found import GrownPath, requests_between
from leakguard.analysis.growth_holders import Comparison
from leakguard.analysis.growth_series import LEAST_INTERVALS, Word, judge
from leakguard.analysis.growth_told import threads_last
from leakguard.analysis.growth_work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leakguard.analysis.growth_summary import Summary

# Intervals with fewer requests, or with less than this part of all, are taken together with the
# next: in so few of them a leak of one route among many shows by chance.
LEAST_REQUESTS = 10
_LEAST_PART = 1 / 64
_MOST = 20
_MUCH_GARBAGE = 100


@dataclass(frozen=True, slots=True)
class Growth:
    """What several summaries of one process tell together.

    `paths` are ranked: what grows first, then what warms up and what goes up and down, the most
    bytes first. Before there are three intervals with work in them `ready` is False and `paths` are
    what grew so far. `start` is the index of the summary from which growth is counted, `snapshots`
    how many were compared. `garbage_grows` says that unreachable objects gather: collections do not
    run.
    """

    ready: bool
    intervals: int
    paths: tuple[GrownPath, ...]
    growth_bytes: int
    seconds: float
    requests: int | None
    garbage_grows: bool
    start: int = 0
    snapshots: int = 1

    def growing(self) -> tuple[GrownPath, ...]:
        """The paths that grow and go on growing."""
        return tuple(path for path in self.paths if path.verdict == "growing")


def compare(
    summaries: Sequence[Summary],
    *,
    routes: Sequence[Mapping[str, int]] = (),
    most: int = _MOST,
) -> Growth:
    """What grows from the first summary (taken after warm-up) to the last; at most `most` paths.

    All must be of one process, in the order in which they were taken. Growth is held against the
    requests between them where every summary knows how many there were, else against time. `routes`
    tells for each summary how many requests of each route had ended.
    """
    work = Work(routes)
    indices = _with_work_between(summaries, work)
    taken = [summaries[index] for index in indices]
    weights = [_weight(summaries, work, start, end) for start, end in pairwise(indices)]
    if not weights:
        return Growth(False, 0, (), 0, 0.0, None, False)
    ready = len(weights) >= LEAST_INTERVALS
    compared = Comparison(taken, weights, rarest=work.rarest())
    garbage = judge([summary.garbage_objects for summary in taken], weights)
    first, last = taken[compared.start], taken[-1]
    return Growth(
        ready=ready,
        intervals=len(weights),
        paths=tuple(_ranked(compared.grown())[:most]),
        growth_bytes=last.size - first.size,
        seconds=last.created - first.created,
        requests=requests_between(first, last),
        garbage_grows=garbage.word == "growing" and garbage.growth >= _MUCH_GARBAGE,
        start=next(index for index, summary in enumerate(summaries) if summary is first),
        snapshots=len(taken),
    )


def _with_work_between(summaries: Sequence[Summary], work: Work) -> list[int]:
    """Which to compare: without those that too little, or only other work, happened before; the
    newest of them stays."""
    if not summaries:
        return []
    everything = requests_between(summaries[0], summaries[-1]) or 0
    least = max(LEAST_REQUESTS, _LEAST_PART * everything)

    def tells_nothing(start: int, end: int) -> bool:
        requests = requests_between(summaries[start], summaries[end])
        return (requests is not None and requests < least) or work.is_odd(start, end)

    taken: list[int] = []
    for index in range(len(summaries)):
        if len(taken) > 1 and tells_nothing(taken[-2], taken[-1]):
            taken.pop()
        taken.append(index)
    if len(taken) > 1 and tells_nothing(taken[-2], taken[-1]):
        del taken[-2]
    return taken


def _weight(summaries: Sequence[Summary], work: Work, start: int, end: int) -> float:
    """How much was done between two summaries; other work in between does not count."""
    parts = [
        (_passed(summaries[at], summaries[at + 1]), work.is_odd(at, at + 1))
        for at in range(start, end)
    ]
    usual = sum(passed for passed, odd in parts if not odd)
    return max(usual or sum(passed for passed, _ in parts), 1e-3)


def _passed(before: Summary, after: Summary) -> float:
    requests = requests_between(before, after)
    return after.created - before.created if requests is None else float(requests)


_ORDER: tuple[Word, ...] = ("growing", "warming up", "saw-tooth", "steady")


def _ranked(found: list[GrownPath]) -> list[GrownPath]:
    return threads_last(
        sorted(found, key=lambda g: (_ORDER.index(g.verdict), -g.growth_bytes, g.holder))
    )
