"""Which lines of code allocated what is alive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis.origin import Origin, origin_of
from leakguard.analysis.route_findings import AllocationLine
from leakguard.analysis.telling_line import telling_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from leakguard.analysis.attribution_votes import Vote
    from leakguard.image import Frame, SampleTable

MOST_LINES = 5
_LEAST_SHARE = 0.02


class Stacks:
    """The stacks of an image's samples, each looked at once."""

    def __init__(self, samples: SampleTable) -> None:
        self._samples = samples
        self._line: dict[int, tuple[Frame, bool] | None] = {}
        self._direct: dict[int, bool] = {}

    def line(self, stack: int) -> tuple[Frame, bool] | None:
        """The line of a stack to show, and whether it is the application's."""
        if stack not in self._line:
            self._line[stack] = telling_line(self._samples.frames(stack))
        return self._line[stack]

    def is_direct(self, stack: int) -> bool:
        """Whether it was a line of the application itself that allocated."""
        if stack not in self._direct:
            frames = self._samples.frames(stack)[:1]
            self._direct[stack] = any(
                origin_of("", frame.file) is Origin.APPLICATION for frame in frames
            )
        return self._direct[stack]


def allocation_lines(votes: Iterable[Vote], stacks: Stacks) -> tuple[AllocationLine, ...]:
    """The lines that allocated most, the application's first, those of certain samples before."""
    votes = list(votes)
    members = [vote for vote in votes if vote.strong and not vote.own]
    # the holder's buffer was allocated by a line that fills the holder, not by one that made what
    # is in it
    sums: dict[tuple[Frame, bool], list[float]] = {}
    for vote in members or votes:
        line = stacks.line(vote.stack)
        if line is not None:
            sums.setdefault(line, [0.0, 0.0])[not vote.strong] += vote.weight
    total = sum(strong + weak for strong, weak in sums.values())
    rows = sorted(sums.items(), key=lambda row: (not row[0][1], -row[1][0], -row[1][1]))
    found = [
        AllocationLine(
            frame.file, frame.line, frame.function, round(sum(held) / total, 4), round(sum(held))
        )
        for (frame, _), held in rows
        if total
    ]
    kept = [line for line in found if line.share >= _LEAST_SHARE]
    return tuple((kept or found)[:MOST_LINES])
