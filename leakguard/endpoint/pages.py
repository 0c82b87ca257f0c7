"""The page of this worker: what it knows is gathered, and written as HTML. Takes no snapshot."""

from __future__ import annotations

import dataclasses
import os
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from leakguard import process
from leakguard.endpoint import compared, newest, past
from leakguard.endpoint.credentials import CHALLENGES, PAGE_CHALLENGES
from leakguard.endpoint.messages import EndpointResponse, Refusal
from leakguard.page import policy, static
from leakguard.page.catalogue import words
from leakguard.page.facts import Compared, Facts, Snapshot
from leakguard.process.limit import memory_limit
from leakguard.report import Report, jsonform
from leakguard.report import workers as workers_form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from leakguard.analysis.findings import Findings
    from leakguard.endpoint.messages import EndpointRequest
    from leakguard.endpoint.query import Query
    from leakguard.endpoint.team import Team
    from leakguard.endpoint.watch import Watch
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

    def page(
        self, request: EndpointRequest, wanted: Query, fresh: Findings | None
    ) -> EndpointResponse:
        """The page with the newest findings, or with those that are `fresh`. Blocks for some
        milliseconds, longer where another worker is asked."""
        from leakguard.page import render  # a server whose page nobody opens need not have it

        facts = self._facts(request, wanted, fresh)
        return EndpointResponse.whole(200, HTML, _bytes(render.page(facts)), policy.PAGE_HEADERS)

    def latest(self, wanted: Query) -> dict[str, Any]:
        """The newest findings as the report has them. Raises `Refusal` while there are none."""
        known = self._newest(wanted.worker)
        if known is None:
            raise Refusal(
                404,
                "Nobody has looked at this heap yet: POST to /snapshot below this takes one, and "
                "the first is taken by itself after some requests.",
            )
        report = self._cut(known, wanted.top)
        return jsonform.to_dict(report) | workers_form.to_dict(self._roll(known))

    def past(self) -> dict[str, Any]:
        """The answer to `GET /_leak/history`."""
        return past.document(self._watch.timeline, self._history(), os.getpid())

    def _facts(self, request: EndpointRequest, wanted: Query, fresh: Findings | None) -> Facts:
        if fresh is None:
            known = self._newest(wanted.worker)
        else:
            known = newest.Newest(fresh, 0.0, os.getpid())
        report = self._cut(known, wanted.top) if known is not None else None
        own = known is None or known.pid == os.getpid()
        timeline = self._watch.timeline
        return Facts(
            bundle=static.bundle(),
            language=wanted.language,
            base=base(request, self._settings.path),
            query={key: wanted.given[key] for key in _OWN_PARAMETERS if key in wanted.given},
            now=time.time(),
            app=self._settings.app_name or _host(known),
            report=report,
            fresh=fresh is not None,
            routes=self._routes() if own else (),
            terms=_terms(known) if own else None,
            trends=process.moves(timeline.history) if own else (),
            workers=self._roll(known),
            memory_limit=memory_limit(),
            history=past.points(timeline) if own else (),
            route_history=self._history() if own else None,
            pauses=self._watch.costs,
            snapshots=[Snapshot(k.id, k.created, k.requests) for k in timeline.kept()],
            difference=self._difference(wanted),
            suspects=len(known.findings.suspects) - len(report.findings.suspects)
            if known is not None and report is not None
            else 0,
            pid=known.pid if known is not None else os.getpid(),
        )

    def _newest(self, worker: str) -> newest.Newest | None:
        """Of the worker that is wanted; of this one, or of any if this one has none."""
        if worker.isdigit() and int(worker) != os.getpid():
            return newest.of_worker(self._team, int(worker))
        own = self._watch.newest
        if own is not None:
            age = max(0.0, self._watch.reports.now() - own.at)
            return newest.Newest(own.result, age, os.getpid())
        return None if worker.isdigit() else newest.of_any(self._team)

    def _cut(self, known: newest.Newest, top: int) -> Report:
        shown = dataclasses.replace(known.findings, suspects=known.findings.suspects[:top])
        if known.pid == os.getpid():
            return self._report(shown, known.age)
        return Report(shown, age_seconds=round(known.age, 1), app=self._settings.app_name)

    def _roll(self, known: newest.Newest | None) -> workers_form.Workers:
        if known is None or known.pid != os.getpid():
            return self._team.roll()
        return self._team.roll({known.pid: known.findings.to_dict()})

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
    headers = [*policy.ERROR_HEADERS, *refusal.headers]
    if refusal.headers == CHALLENGES:
        headers = [*policy.ERROR_HEADERS, *PAGE_CHALLENGES]
    return EndpointResponse.whole(refusal.status, HTML, _bytes(text), headers)


def base(request: EndpointRequest, own: str) -> str:
    """What leads from the page's address to what is below the endpoint: without a slash at the end
    of the address the last segment of it is repeated."""
    last = own.rpartition("/")[2] if request.own is None else request.own
    if request.path.endswith("/") or not last:
        return "./"
    return f"{quote(last, safe='')}/"


def _terms(known: newest.Newest | None) -> Mapping[str, int | None]:
    terms = process.terms()
    if known is None:
        return terms.to_dict()
    return terms.with_heap(known.findings.snapshot.heap_bytes).to_dict()


def _host(known: newest.Newest | None) -> str:
    return known.findings.process.host if known is not None else os.uname().nodename


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
