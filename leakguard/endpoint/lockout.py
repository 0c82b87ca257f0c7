"""No guessing: after ten wrong credentials within a minute nobody gets in for a minute.

That includes a right token: would it still be let in, guessing could simply go on.
"""

from __future__ import annotations

import functools
import threading
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FAILURES = 10
SECONDS = 60.0


class Lockout:
    """Counts failures; locks for a minute from the tenth within a minute."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._locked_until = 0.0
        self._lock = threading.Lock()

    def seconds_left(self) -> float:
        """How long nobody gets in from now; 0: not locked."""
        return max(0.0, self._locked_until - self._clock())

    def failed(self) -> bool:
        """Wrong credentials were presented. True if that was the failure that locks."""
        with self._lock:
            now = self._clock()
            self._failures.append(now)
            if len(self._failures) == FAILURES and now - self._failures[0] <= SECONDS:
                self._locked_until = now + SECONDS
                self._failures.clear()
                return True
        return False


@functools.cache
def process_lockout() -> Lockout:
    """The one that all endpoints of this process share."""
    return Lockout()
