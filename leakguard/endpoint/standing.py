"""How this worker stands: the few figures by which the others, and whoever comes later, know it."""

from __future__ import annotations

import os
import time
from time import monotonic
from typing import TYPE_CHECKING, Any

from leakguard import workers
from leakguard.endpoint import past
from leakguard.process.resident import resident
from leakguard.workers import merging

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from leakguard.analysis.findings import Findings
    from leakguard.endpoint.timeline import Timeline


class Standing:
    """`requests` gives how many have ended of each route.

    They are told once more when the app is gone: nothing here may refer to it, or to the endpoint.
    """

    def __init__(self, requests: Callable[[], Mapping[str, int]], timeline: Timeline) -> None:
        self._requests = requests
        self._timeline = timeline
        self._last: tuple[int, dict[str, Any], float] | None = None

    def keep(self, findings: Findings) -> dict[str, Any]:
        """Make these the last findings; they are returned as JSON."""
        told = findings.to_dict()
        self._last = (os.getpid(), told, time.time())
        return told

    def figures(self) -> dict[str, Any]:
        """The figures now."""
        memory = resident()
        history = self._timeline.history
        trend, points = history.rss(), history.points()
        findings, at = self._findings()
        suspect = next(iter(findings.get("suspects", ())), None)
        return {
            "pid": os.getpid(),
            "up_seconds": round(time.time() - workers.process_started(), 1),
            "rss_bytes": memory.total if memory is not None else None,
            "rss_start_bytes": points[0].rss if points else None,
            "rss_bytes_per_minute": round(trend.trend.slope, 1) if trend is not None else None,
            "rss_points": past.few([(one.at, one.rss) for one in points], monotonic()),
            "requests": sum(self._requests().values()),
            "suspect": suspect and suspect["holder"],
            "fingerprint": suspect and suspect["fingerprint"],
            "suspect_bytes_per_minute": suspect and merging.rate(findings, suspect),
            "snapshot_age_seconds": round(time.time() - at, 1) if at is not None else None,
        }

    def _findings(self) -> tuple[Mapping[str, Any], float | None]:
        if self._last is None or self._last[0] != os.getpid():
            return {}, None
        return self._last[1], self._last[2]
