"""When a snapshot is due that nobody has asked for: the baseline after warm-up, then few more."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.endpoint.timeline import Kept

WARM_SECONDS, WARM_REQUESTS = 10.0, 100
"""From the first request on; a snapshot before that sees the start-up, and is no baseline."""
_WARM_LOOKS = 1000
"""Warm-up lasts this many looks at the process (a millisecond each) where that is longer: on a slow
machine, or under a tool that slows everything down."""
MORE_REQUESTS = 50
"""Ended since the last snapshot before another is worth it."""
FIRST_PAUSE, LONGEST_PAUSE, LONGER = 10.0, 600.0, 1.5
ENOUGH = 4
"""Snapshots from which on growth is judged."""
_SHARE_AT_FIRST, _SHARE = 0.05, 0.01


class Schedule:
    """Says when; takes nothing itself. Times are seconds of one clock.

    Snapshots take at most 5 % of the time until there are enough of them, and 1 % from then on.
    """

    def __init__(self) -> None:
        self.began: float | None = None
        self._requests_before = 0
        self._pause = FIRST_PAUSE
        self._not_before = 0.0
        self._warm_seconds = WARM_SECONDS

    def looked(self, seconds: float) -> None:
        """A look at the process takes `seconds` here."""
        self._warm_seconds = max(WARM_SECONDS, _WARM_LOOKS * seconds)

    def see(self, now: float, requests: int) -> None:
        """A request has ended; `requests` have in all."""
        if self.began is None:
            self.began = now
            self._requests_before = requests

    def is_warm(self, now: float, requests: int) -> bool:
        """Whether the start-up is over."""
        return (
            self.began is not None
            and now - self.began >= self._warm_seconds
            and requests - self._requests_before >= WARM_REQUESTS
        )

    def is_due(self, now: float, requests: int, kept: Sequence[Kept]) -> bool:
        """Whether to take a snapshot now."""
        if now < self._not_before or not self.is_warm(now, requests):
            return False
        if not kept:
            return True
        last = kept[-1]
        return requests - last.requests >= MORE_REQUESTS and now - last.at >= self._pause

    def starts_over(self, kept: Sequence[Kept]) -> bool:
        """Whether the next snapshot is the baseline: those before it saw the start-up alone, and
        nobody has chosen one."""
        if self.began is None or not 0 < len(kept) < ENOUGH - 1 or kept[0].chosen:
            return False
        return not self.is_warm(kept[0].at, kept[0].requests)

    def taken(self, now: float, seconds: float, kept: int) -> None:
        """One has been taken, or was tried, which took `seconds`; `kept` are there now."""
        share = _SHARE_AT_FIRST if kept < ENOUGH else _SHARE
        self._not_before = now + max(self._pause, seconds / share)
        self._pause = min(LONGEST_PAUSE, self._pause * LONGER)
