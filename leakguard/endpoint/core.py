"""The endpoint: one request in, one answer out."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import logging
import os
from time import perf_counter
from typing import TYPE_CHECKING

from leakguard import process
from leakguard.endpoint import actions, answers, audit, compared, others, pages, progress, query
from leakguard.endpoint.gate import Gate
from leakguard.endpoint.lockout import process_lockout
from leakguard.endpoint.messages import Refusal
from leakguard.endpoint.snapshots import Failed
from leakguard.endpoint.team import Team
from leakguard.endpoint.views import Views
from leakguard.endpoint.watch import Watch
from leakguard.explore.keeping import Keeping
from leakguard.explore.shelf import Shelf
from leakguard.explore.source import KeptImages
from leakguard.report import Report, jsonform, workers_table
from leakguard.report import baseline as baseline_form
from leakguard.report import diff as diff_form
from leakguard.report import trim as trim_form
from leakguard.report import workers as workers_form
from leakguard.report.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

    from leakguard.analyser import Examined
    from leakguard.analysis.findings import Findings
    from leakguard.endpoint.lockout import Lockout
    from leakguard.endpoint.messages import EndpointRequest, EndpointResponse
    from leakguard.endpoint.query import Query
    from leakguard.endpoint.snapshots import Result, Snapshots, Taken
    from leakguard.page.facts import Fresh
    from leakguard.report.model import RouteFigures
    from leakguard.settings import Settings

logger = logging.getLogger("leakguard")


class Endpoint:
    """Answers for one app. `routes` gives the figures of the moment, `requests` how many have ended
    of each route, where that is to be had for less, `history` what they held at earlier times.
    `requests` is called once more when the endpoint is gone, and must not refer to it.

    `examine` is `leakguard.pipeline.examine_with` unless a test has another one; `token` is what a
    reader must present where the settings name none.
    """

    def __init__(
        self,
        settings: Settings,
        routes: Callable[[], Sequence[RouteFigures]],
        examine: Callable[..., Examined] | None = None,
        *,
        token: str | None = None,
        lockout: Lockout | None = None,
        requests: Callable[[], Mapping[str, int]] | None = None,
        history: Callable[[], Mapping[str, Sequence[tuple[float, int]]]] = dict,
    ) -> None:
        self._settings = settings
        self._routes = routes
        self._token = settings.token or token
        self._gate = Gate(settings, self._token, lockout or process_lockout())
        requests = requests or functools.partial(_requests, routes)
        self._watch = Watch(settings, requests, examine, prepare=routes)
        self._team = Team(settings, self._watch, requests, self._report_of)
        self._pages = pages.Pages(
            settings, self._watch, self._team, routes, history, self._report_of
        )
        self._keeping = Keeping(
            Shelf(self._team.app.folder), settings.keep_images, settings.keep_image_bytes
        )
        self._watch.keep_image = self._keeping.keep
        self._views = Views(KeptImages(self._keeping))
        self.join = self._team.join
        """Make this process known to the other workers of the app. To be called where it serves."""

    def leave(self, *, trace: bool = True) -> None:
        """Tell the others that this process stops, with last words if there is to be a `trace`; the
        last one removes what was kept."""
        self._keeping.leave()
        self._team.leave(trace=trace)

    def tick(self) -> None:
        """To be called out of requests, at most once a second: it takes what is due by itself."""
        self._watch.tick()
        self._team.tick()

    async def answer(self, request: EndpointRequest) -> EndpointResponse:
        """The answer to `request`; raises nothing but the cancellation of the task."""
        started = perf_counter()
        outcome, size, auth = "gone", 0, "none"
        try:
            try:
                auth = await self._gate.admit(request)
                response = await self._respond(request)
            except Refusal as refusal:
                response = answers.refused(request, refusal)
            except Exception:
                logger.exception("the endpoint failed to answer")
                failure = Refusal(500, "LeakGuard failed to answer; the server's log says why.")
                response = answers.refused(request, failure)
            outcome = str(response.status)
            size = len(response.body) if request.method != "HEAD" else 0
            return response
        finally:
            path = self._settings.path + request.path
            if self._token:
                path = path.replace(self._token, "<token>")
            audit.record(request, path, outcome, perf_counter() - started, size, auth)

    async def _respond(self, request: EndpointRequest) -> EndpointResponse:
        action = actions.find(request, self._settings.path)
        if action in actions.OF_IMAGES:
            return await self._views.answer(request, action)
        wanted = query.read(request, action, self._settings.top)
        if action is actions.STATIC:
            return await asyncio.to_thread(pages.file, request)
        if action is actions.LATEST:
            return answers.as_json(200, await asyncio.to_thread(self._pages.latest, wanted))
        if action is actions.HISTORY:
            return answers.as_json(200, await asyncio.to_thread(self._pages.past, wanted))
        if action is actions.PROGRESS:
            told = await asyncio.to_thread(progress.of_any, self._watch, self._team)
            return answers.as_json(200, told)
        if action is actions.SNAPSHOT:
            actions.check_is_meant(request)
            return await self._report(wanted)
        if wanted.form == "html":
            asked, at = self._watch.reports.now(), None
            if wanted.fresh and not pages.is_ahead(request):
                at = (await _taken(self._watch.reports)).at
            fresh: Fresh | None = None if at is None else "new" if at >= asked else "kept"
            return await asyncio.to_thread(self._pages.page, request, wanted, fresh=fresh)
        if action is actions.BASELINE:
            return await self._baseline(wanted)
        if action is actions.DIFF:
            return await self._diff(wanted)
        if action is actions.TRIM:
            return _shown(wanted, trim_form, await asyncio.to_thread(self._trim))
        if wanted.worker == "all":
            return await self._report_all(wanted)
        if wanted.worker and int(wanted.worker) != os.getpid():
            ask = functools.partial(
                others.of_one,
                self._team,
                int(wanted.worker),
                top=wanted.top,
                timeout=self._settings.timeout,
                screen=Screen.asked(wanted.top),
            )
            return _told(wanted, await asyncio.to_thread(ask))
        return await self._report(wanted)

    async def _report(self, wanted: Query) -> EndpointResponse:
        report, findings, age = await self._own_report(wanted)
        # It asks the other workers, and the event loop has requests to serve.
        everybody = await asyncio.to_thread(self._team.roll, {os.getpid(): findings.to_dict()})
        extra = [("age", str(int(age)))] if age else []
        if wanted.as_json:
            document = jsonform.to_dict(report) | workers_form.to_dict(everybody)
            return answers.as_json(200, document, extra)
        screen = Screen.asked(wanted.top)
        own = others.told(report, screen)
        shown = workers_table.above(everybody, own.render, height=screen.height)
        return answers.as_text(200, shown, extra)

    async def _report_all(self, wanted: Query) -> EndpointResponse:
        try:
            report = (await self._own_report(wanted))[0]
            own: others.Told | str = others.told(report, Screen.asked(wanted.top))
        except Refusal as refusal:
            own = refusal.message
        ask = functools.partial(
            others.of_all,
            self._team,
            own,
            top=wanted.top,
            timeout=self._settings.timeout,
            screen=Screen.asked(wanted.top),
        )
        return _told(wanted, await asyncio.to_thread(ask))

    async def _own_report(self, wanted: Query) -> tuple[Report, Findings, float]:
        """The report as far as it is wanted, the whole findings, and their age in seconds."""
        reports = self._watch.reports
        asked = reports.now()
        taken = await _taken(reports)
        age = max(0.0, asked - taken.at)  # what was complete only after the question is new
        findings = taken.result
        shown = dataclasses.replace(findings, suspects=findings.suspects[: wanted.top])
        # It reads thousands of figures.
        return await asyncio.to_thread(self._report_of, shown, age), findings, age

    def _report_of(self, findings: Findings, age: float) -> Report:
        terms = process.terms().with_heap(findings.allocated_bytes).to_dict()
        trends = process.moves(self._watch.timeline.history)
        name = self._team.app.name
        return Report(findings, self._routes(), round(age, 1), name, terms, trends)

    def _trim(self) -> process.Trimmed:
        trimmed, newest = process.trim(), self._watch.newest
        return trimmed if newest is None else trimmed.with_heap(newest.result.allocated_bytes)

    async def _baseline(self, wanted: Query) -> EndpointResponse:
        kept = (await _taken(self._watch.baselines)).result
        return _shown(wanted, baseline_form, await asyncio.to_thread(compared.mark, kept))

    async def _diff(self, wanted: Query) -> EndpointResponse:
        before, after = compared.ends(self._watch.timeline, wanted.start, wanted.end)
        difference = await asyncio.to_thread(compared.difference, before, after)
        return _shown(wanted, diff_form, difference)


def _requests(routes: Callable[[], Sequence[RouteFigures]]) -> Mapping[str, int]:
    return {row.route: row.requests for row in routes()}


async def _taken(snapshots: Snapshots[Result]) -> Taken[Result]:
    # A reader who leaves must not take the snapshot from the others who wait for it.
    taken = await asyncio.shield(asyncio.wrap_future(snapshots.get()))
    if isinstance(taken, Failed):
        raise Refusal(taken.status, taken.message)
    return taken


def _told(wanted: Query, told: others.Told) -> EndpointResponse:
    if wanted.as_json:
        return answers.as_json(200, told.document)
    return answers.as_text(200, told.render(Screen.height_for(wanted.top)))


def _shown(wanted: Query, form: ModuleType, answer: object) -> EndpointResponse:
    if wanted.as_json:
        return answers.as_json(200, form.to_dict(answer))
    return answers.as_text(200, form.render(answer))
