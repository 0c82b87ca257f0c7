"""The page of this worker: what it knows is gathered, and written as HTML. Takes no snapshot."""

from __future__ import annotations

import os
import platform
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from leakguard.endpoint import compared, newest, shown
from leakguard.endpoint.credentials import CHALLENGES, PAGE_CHALLENGES
from leakguard.endpoint.messages import EndpointResponse, Refusal
from leakguard.page import policy, static
from leakguard.page.catalogue import words
from leakguard.page.facts import Compared, Facts, Fresh
from leakguard.report import workers as workers_form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from leakguard.analysis.findings import Findings
    from leakguard.endpoint.messages import EndpointRequest
    from leakguard.endpoint.query import Query
    from leakguard.endpoint.shown import Shown
    from leakguard.endpoint.team import Team
    from leakguard.endpoint.watch import Watch
    from leakguard.report import Report
    from leakguard.report.model import RouteFigures
    from leakguard.settings import Settings

HTML = "text/html; charset=utf-8"
_OWN_PARAMETERS = ("lang", "worker", "top")


class Pages:
    """`report` says what to show of findings of some age, `history` the routes' past."""

    def __init__(
        self,
        settings: Settings,
        watch: Watch,
        team: Team,
        routes: Callable[[], Sequence[RouteFigures]],
        history: Callable[[], Mapping[str, Sequence[tuple[float, int]]]],
        report: Callable[[Findings, float], Report],
    ) -> None:
        self._settings = settings
        self._watch = watch
        self._team = team
        self._routes = routes
        self._history = history
        self._report = report
        team.shown = lambda: self._here().to_dict()

    def page(
        self, request: EndpointRequest, wanted: Query, *, fresh: Fresh | None = None
    ) -> EndpointResponse:
        """The page with the newest findings, of this worker if they are `fresh`: "new", or still
        those of the last snapshot that it has "kept". Blocks for some milliseconds, longer where
        another worker is asked."""
        from leakguard.page import render  # a server whose page nobody opens need not have it

        facts = self._facts(request, wanted, fresh)
        return EndpointResponse.whole(200, HTML, _bytes(render.page(facts)), policy.PAGE_HEADERS)

    def latest(self, wanted: Query) -> dict[str, Any]:
        """The newest findings as the report has them. Raises `Refusal` while there are none."""
        roll = self._team.roll()
        shown = self._shown(wanted.worker, roll)
        if shown.document is None:
            raise Refusal(
                404,
                "Nobody has looked at this heap yet: POST to /snapshot below this takes one, and "
                "the first is taken by itself after some requests.",
            )
        document = {**shown.document, "suspects": shown.document["suspects"][: wanted.top]}
        return document | workers_form.to_dict(roll)

    def past(self, wanted: Query) -> Mapping[str, Any]:
        """The answer to `GET /_leak/history`. Raises `Refusal` where a worker has not told it."""
        told = self._shown(wanted.worker, self._team.roll()).past
        if told is None:
            raise Refusal(404, "This worker does not tell its history.")
        return told

    def _here(self) -> Shown:
        return shown.here(self._watch, self._routes(), self._history(), self._report)

    def _shown(self, worker: str, roll: workers_form.Workers) -> Shown:
        """Of the worker that is wanted, else of the one that was looked at last."""
        own = os.getpid()
        pid = int(worker) if worker.isdigit() else newest.newest_pid(roll, own)
        if pid == own:
            return self._here()
        told = newest.of_worker(self._team, pid)
        return told if told.report is not None or worker.isdigit() else self._here()

    def _facts(self, request: EndpointRequest, wanted: Query, fresh: Fresh | None) -> Facts:
        roll = self._team.roll()
        told = self._here() if fresh else self._shown(wanted.worker, roll)
        report = told.cut(wanted.top)
        whole = told.report
        query = {key: wanted.given[key] for key in _OWN_PARAMETERS if key in wanted.given}
        return Facts(
            bundle=static.bundle(),
            language=wanted.language,
            base=base(request, self._settings.path),
            query=query,
            now=time.time(),
            app=self._settings.app_name or _host(whole),
            report=report,
            fresh=fresh,
            routes=told.routes,
            terms=told.terms,
            trends=told.trends,
            workers=roll,
            memory_limit=told.limit,
            history=told.points(),
            route_history=told.route_history(),
            pauses=told.costs,
            # What is kept for comparing is known to each worker alone.
            snapshots=told.snapshots if told.pid == os.getpid() else (),
            difference=self._difference(wanted),
            suspects=len(whole.findings.suspects) - len(report.findings.suspects)
            if whole is not None and report is not None
            else 0,
            pid=told.pid,
        )

    def _difference(self, wanted: Query) -> Compared | None:
        if "from" not in wanted.given and "to" not in wanted.given:
            return None
        ends = compared.ends(self._watch.timeline, wanted.start, wanted.end)
        found = compared.difference(*ends)
        return Compared(
            found.before.heap_bytes,
            found.after.heap_bytes,
            found.seconds,
            [(row.holder, row.growth_bytes, row.growth_objects) for row in found.holders],
            [(row.type, row.bytes, row.objects) for row in found.types],
            (found.before.id, found.after.id),
        )


def is_ahead(request: EndpointRequest) -> bool:
    """Whether a browser only guesses that its user will open this address."""
    return "pre" in (request.header("sec-purpose") or request.header("purpose") or "")


def file(request: EndpointRequest) -> EndpointResponse:
    """One of the files of the page. Raises `Refusal` where there is none of that name."""
    name = request.path.removeprefix("/static/")
    found = static.bundle().read(name)
    if found is None:
        raise Refusal(404, "There is no such file.")
    media_type, body = found
    tag = f'"{name.split(".")[-2]}"'
    headers = [*policy.STATIC_HEADERS, ("etag", tag)]
    asked = request.header("if-none-match") or ""
    if tag in (one.strip().removeprefix("W/") for one in asked.split(",")):
        return EndpointResponse(304, headers, b"")
    return EndpointResponse.whole(200, media_type, body, headers)


def error(request: EndpointRequest, language: str, refusal: Refusal) -> EndpointResponse:
    """Why there is no page, as one."""
    from leakguard.page import render

    if refusal.status in (401, 403) or not request.path:
        again = f"?{request.query}"
    else:
        again = "../" * (request.path.count("/") - 1) or "./"
    text = render.error(words(language), refusal.status, refusal.message, again=again)
    challenges = PAGE_CHALLENGES if refusal.headers == CHALLENGES else refusal.headers
    headers = [*policy.error_headers(static.base_style()), *challenges]
    return EndpointResponse.whole(refusal.status, HTML, _bytes(text), headers)


def base(request: EndpointRequest, own: str) -> str:
    """What leads from the page's address to what is below the endpoint: without a slash at the end
    of the address the last segment of it is repeated."""
    last = own.rpartition("/")[2] if request.own is None else request.own
    if request.path.endswith("/") or not last:
        return "./"
    return f"{quote(last, safe='')}/"


def _host(report: Report | None) -> str:
    return report.findings.process.host if report is not None else platform.node()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
