"""Which worker's findings a page shows, and what that worker has to show. Takes no snapshot."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from leakguard import workers
from leakguard.analysis.findings import Findings
from leakguard.endpoint.others import entry_of
from leakguard.endpoint.shown import Shown
from leakguard.report import Report, jsonform

if TYPE_CHECKING:
    from leakguard.endpoint.others import Crew
    from leakguard.report.workers import Workers

logger = logging.getLogger("leakguard")

VERB = "newest"
_SECONDS = 2.0
"""For another worker to say what it has to show."""


def newest_pid(roll: Workers, own: int) -> int:
    """The worker that was looked at last, whoever answers; this one where none was."""
    looked = [
        (row.snapshot_age_seconds, row.pid != own, row.pid)
        for row in roll.rows
        if row.snapshot_age_seconds is not None and row.ended_seconds is None and not row.error
    ]
    return min(looked)[2] if looked else own


def of_worker(crew: Crew, pid: int) -> Shown:
    """What another worker has to show, or had when it ended. Blocks for a moment.

    Raises `Refusal` where there is no such worker.
    """
    entry = entry_of(crew, pid)
    if entry.alive:
        try:
            told = workers.ask(entry, VERB, _SECONDS)
            return Shown.from_dict(pid, told, crew.app.name)
        except (workers.WorkerError, KeyError, TypeError, ValueError) as error:
            # It is busy, or of another version: its last words are still there.
            logger.debug("worker %d does not say what it has to show: %s", pid, error)
    return _last_words(entry, crew.app.name)


def _last_words(entry: workers.Entry, app: str) -> Shown:
    words = workers.last_words(entry) or {}
    if not words.get("findings"):
        return Shown(entry.pid)
    findings = Findings.from_dict(words["findings"])
    age = max(0.0, round(time.time() - (words.get("findings_at") or 0.0), 1))
    report = Report(findings, age_seconds=age, app=app)
    return Shown(entry.pid, report, jsonform.to_dict(report))
