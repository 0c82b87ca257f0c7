"""This process among the workers of its app: what it tells the others, and what they tell it."""

from __future__ import annotations

import dataclasses
import logging
import os
import stat
from typing import TYPE_CHECKING, Any

from leakguard import rollcall, workers
from leakguard.endpoint import progress
from leakguard.endpoint.snapshots import Failed
from leakguard.endpoint.standing import Standing
from leakguard.errors import LeakGuardError
from leakguard.report import jsonform, text
from leakguard.settings import MAX_TOP
from leakguard.workers import native

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from leakguard.analysis.findings import Findings
    from leakguard.endpoint.watch import Watch
    from leakguard.report.model import Report
    from leakguard.report.workers import Workers
    from leakguard.settings import Settings
    from leakguard.workers import Question

logger = logging.getLogger("leakguard")

ROLL_SECONDS = 2.0
"""For the other workers to say what they know."""


class Team:
    """`requests` gives how many have ended of each route, `report` what to show of findings that
    were complete at that time of the watch's clock. Nothing is registered before `join`."""

    def __init__(
        self,
        settings: Settings,
        watch: Watch,
        requests: Callable[[], Mapping[str, int]],
        report: Callable[[Findings, float], Report],
    ) -> None:
        self._settings = settings
        self._watch = watch
        self._report = report
        self._standing = Standing(requests, watch.timeline)
        self.app = workers.identify(settings.app_name)
        verbs = {
            "report": self._say_report,
            "snapshot": self._say_snapshot,
            "newest": self._say_newest,
            progress.VERB: lambda _: progress.of(self._watch),
        }
        self._worker = workers.Worker(self.app, self._standing.figures, verbs)
        self.shown: Callable[[], Mapping[str, Any]] | None = None
        """What this worker has to show, for the page that another one serves."""
        watch.on_findings = self._keep
        if settings.listener:
            watch.lives = self._worker.lives
        self.join = self._worker.join if settings.listener else _stay_alone
        """Register this process; nothing the second time, or where the settings say so."""
        self.leave = self._worker.leave
        """Leave the last words, for the process stops; nothing with `trace=False`."""

    def roll(self, fresh: Mapping[int, Mapping[str, Any]] | None = None) -> Workers:
        """All workers of the app, this one first; `fresh` as of `rollcall.call`. Blocks for a
        moment, at most two seconds. Where nobody can be found this one is alone."""
        return rollcall.call(
            self.app.name,
            self.entries(),
            timeout=ROLL_SECONDS,
            own=self._worker.words(),
            fresh=fresh,
        )

    def entries(self) -> list[workers.Entry]:
        """The other workers of the app, those that live first. Blocks for some milliseconds."""
        if not self._settings.listener:
            return []
        try:
            found = workers.list_workers(self.app.folder)
        except (LeakGuardError, OSError) as error:
            logger.debug("the other workers cannot be found: %s", error)
            return []
        return [entry for entry in found if not entry.alive or entry.pid != self.pid]

    @property
    def pid(self) -> int:
        """This worker's."""
        return os.getpid()

    def tick(self) -> None:
        """To be called out of requests: registers, and has the last words written."""
        self.join()
        self._worker.tick()

    def _keep(self, findings: Findings) -> None:
        self._worker.keep(self._standing.keep(findings))

    def _say_report(self, question: Question) -> Mapping[str, Any]:
        """The report of a snapshot taken as for a request, as JSON and, where asked, as text."""
        top = question.whole("top", self._settings.top, 1, MAX_TOP)
        reports = self._watch.reports
        asked = reports.now()
        try:
            taken = native.result(reports.get(), question.timeout)
        except TimeoutError:
            raise LeakGuardError(f"the snapshot takes longer than {question.timeout:g} s") from None
        if isinstance(taken, Failed):
            raise LeakGuardError(taken.message)
        found = dataclasses.replace(taken.result, suspects=taken.result.suspects[:top])
        report = self._report(found, max(0.0, asked - taken.at))
        answer: dict[str, Any] = {"document": jsonform.to_dict(report)}
        if question.arguments.get("text"):
            width = question.whole("width", 80, 1, 1_000)
            height = question.whole("height", 50, 1, 10_000)
            colour = question.arguments.get("colour") is True
            answer["text"] = text.render(report, width=width, height=height, colour=colour, top=top)
        return answer

    def _say_newest(self, question: Question) -> Mapping[str, Any]:
        if self.shown is None:
            raise LeakGuardError("this process has no page")
        return self.shown()

    def _say_snapshot(self, question: Question) -> Mapping[str, Any]:
        """Write a heap image into the file that came with the question."""
        from leakguard import pipeline

        if len(question.descriptors) != 1:
            raise LeakGuardError("a snapshot needs one open file to be written to")
        (descriptor,) = question.descriptors
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise LeakGuardError("a snapshot is written to a plain file")
        outcome = pipeline.snapshot_into(
            descriptor,
            timeout=question.timeout,
            memory_limit=self._settings.memory_limit,
        )
        return {
            "bytes": os.fstat(descriptor).st_size,
            "capture": outcome.method,
            "pause_seconds": outcome.pause_seconds,
            "wall_seconds": outcome.wall_seconds,
        }


def _stay_alone(*, again: bool = False) -> None:
    """Instead of `join`, where the listener is switched off."""
