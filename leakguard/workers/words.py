"""What a worker would say at any moment, and what is said for it once its app is gone."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from leakguard.workers import entries

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

logger = logging.getLogger("leakguard")


class Words:
    """Its `figures` of the moment, and the findings that it was given last. It holds nothing else:
    it outlives the worker, and the app, for as long as that takes to tell."""

    def __init__(self, figures: Callable[[], Mapping[str, Any]]) -> None:
        self.figures = figures
        self._findings: Mapping[str, Any] | None = None
        self._findings_at: float | None = None

    def keep(self, findings: Mapping[str, Any]) -> None:
        """Make `findings` part of the words from now on."""
        self._findings, self._findings_at = findings, time.time()

    def forget(self) -> None:
        """The findings are not this process's."""
        self._findings = self._findings_at = None

    def now(self, *, leaving: bool = False) -> dict[str, Any]:
        """The words at this moment. Raises what `figures` raises."""
        return self._with(self.figures(), leaving=leaving)

    def last(self) -> dict[str, Any]:
        """Those of a worker that leaves. Raises nothing."""
        try:
            return self.now(leaving=True)
        except Exception as error:
            logger.debug("no last figures", exc_info=error)
            return self._with({}, leaving=True)

    def _with(self, figures: Mapping[str, Any], *, leaving: bool) -> dict[str, Any]:
        return {
            "at": time.time(),
            "leaving": leaving,
            "master": entries.master(),
            "figures": dict(figures),
            "findings": self._findings,
            "findings_at": self._findings_at,
        }
