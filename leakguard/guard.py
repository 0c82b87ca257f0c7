"""Errors of our own: kept from the app, and told to the log once."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("leakguard")

_MAX_REMEMBERED = 100


class Guard:
    """Logs each kind of error the first time it occurs.

    The same error would come with every request; a log full of it helps nobody.
    """

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()

    def attempt(self, function: Callable[..., object], *arguments: object) -> None:
        """Calls `function`; what it raises is reported."""
        try:
            function(*arguments)
        except Exception as error:
            self.report(error)

    def report(self, error: BaseException) -> None:
        """Logs `error` unless one of its type has come from the same line before."""
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
        kind = (type(error).__name__, place)
        if kind in self._seen or len(self._seen) >= _MAX_REMEMBERED:
            return
        self._seen.add(kind)
        logger.error(
            "LeakGuard failed, the request is not affected; this is logged once", exc_info=error
        )
