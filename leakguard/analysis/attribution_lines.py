"""Which lines of code allocated what is alive."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from leakguard.analysis.attribution_same_line import ANY_LINE
from leakguard.analysis.origin import Origin, is_server, origin_of
from leakguard.analysis.route_findings import AllocationLine
from leakguard.analysis.telling_line import is_our_own, telling_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from leakguard.analysis.attribution_votes import Vote
    from leakguard.image import Frame, SampleTable

MOST_LINES = 5
_LEAST_SHARE = 0.02
# With this part of all samples the certain ones tell the lines by themselves.
_ENOUGH = 0.25


class Stacks:
    """The stacks of an image's samples, each looked at once."""

    def __init__(self, samples: SampleTable) -> None:
        self._samples = samples
        self._line: dict[int, tuple[Frame, bool] | None] = {}
        self._number: dict[Frame, int] = {}
        self._direct: dict[int, bool] = {}
        self._before: dict[int, bool] = {}
        self._ours: dict[int, bool] = {}

    def line(self, stack: int) -> tuple[Frame, bool] | None:
        """The line of a stack to show, and whether it is the application's."""
        if stack not in self._line:
            self._line[stack] = telling_line(self._samples.frames(stack))
        return self._line[stack]

    def number(self, stack: int) -> int:
        """A number for the line of a stack, `ANY_LINE` if it is not the application's."""
        line = self.line(stack)
        if line is None or not line[1]:
            return ANY_LINE
        return self._number.setdefault(line[0], len(self._number))

    def is_direct(self, stack: int) -> bool:
        """Whether it was a line of the application itself that allocated."""
        if stack not in self._direct:
            frames = self._samples.frames(stack)[:1]
            self._direct[stack] = any(
                origin_of("", frame.file) is Origin.APPLICATION for frame in frames
            )
        return self._direct[stack]

    def is_before_the_app(self, stack: int) -> bool:
        """Whether the server was at work that calls the application, and not yet the latter."""
        if stack not in self._before:
            line = self.line(stack)
            self._before[stack] = (line is None or not line[1]) and any(
                is_server(frame.file) for frame in self._samples.frames(stack)
            )
        return self._before[stack]

    def is_our_own(self, stack: int) -> bool:
        """Whether it was LeakGuard that allocated, for itself."""
        if stack not in self._ours:
            self._ours[stack] = is_our_own(self._samples.frames(stack))
        return self._ours[stack]


def allocation_lines(
    votes: Sequence[Vote], stacks: Stacks, noise: Sequence[Vote] = (), part: float = 0.0
) -> tuple[AllocationLine, ...]:
    """The lines that allocated most, the application's first.

    `noise` are samples beside them of routes that did not make it: recycled blocks, with the lines
    that first allocated them. About `part` as many of `votes` are of those lines for no other
    reason.
    """
    members = [vote for vote in votes if vote.strong and not vote.own]
    if _weight(members) >= _ENOUGH * (_weight(votes) + _weight(noise)):
        votes, noise = members, ()
    weights: dict[tuple[Frame, bool], float] = defaultdict(float)
    filling = set()
    unit = min((vote.weight for vote in votes), default=0)
    for vote in votes:
        line = stacks.line(vote.stack)
        if line is not None:
            # all that the holder has room for is not of the line that last made it larger
            weights[line] += unit if vote.own else vote.weight
            if vote.own:
                filling.add(line)
    for vote in noise:
        line = stacks.line(vote.stack)
        if line in weights and line not in filling:
            weights[line] -= part * vote.weight
    # little is certain here: the line that fills the holder is
    rows = sorted(weights.items(), key=lambda row: (not row[0][1], row[0] not in filling, -row[1]))
    total = sum(weight for _, weight in rows if weight > 0)
    found = [
        (
            application,
            AllocationLine(
                frame.file, frame.line, frame.function, round(weight / total, 4), round(weight)
            ),
        )
        for (frame, application), weight in rows
        if weight > 0
    ]
    kept = [row for row in found if row[1].share >= _LEAST_SHARE]
    if not any(application for application, _ in kept):
        # a traceback holds what the framework made for the request: the reader's own line is small
        kept = [row for row in found if row[0]][:1] + kept
    return tuple(line for _, line in (kept or found)[:MOST_LINES])


def _weight(votes: Iterable[Vote]) -> int:
    return sum(vote.weight for vote in votes if not vote.own)
