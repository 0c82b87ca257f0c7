"""The endpoint: one request in, one answer out."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
from time import perf_counter
from typing import TYPE_CHECKING, Any

from leakguard import process
from leakguard.endpoint import audit, query
from leakguard.endpoint.gate import Gate
from leakguard.endpoint.lockout import process_lockout
from leakguard.endpoint.messages import EndpointResponse, Refusal
from leakguard.endpoint.snapshots import Failed, Snapshots
from leakguard.report import Report, jsonform, text
from leakguard.settings import MAX_TOP

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from leakguard.analysis.findings import Findings
    from leakguard.endpoint.lockout import Lockout
    from leakguard.endpoint.messages import EndpointRequest
    from leakguard.report.model import RouteFigures
    from leakguard.settings import Settings

logger = logging.getLogger("leakguard")

_TEXT = "text/plain; charset=utf-8"
_JSON = "application/json"


class Endpoint:
    """Answers for one app. `routes` gives the figures of the moment.

    `examine` is `leakguard.pipeline.examine` unless a test has another one; `token` is what a
    reader must present where the settings name none.
    """

    def __init__(
        self,
        settings: Settings,
        routes: Callable[[], Sequence[RouteFigures]],
        examine: Callable[..., Findings] | None = None,
        *,
        token: str | None = None,
        lockout: Lockout | None = None,
    ) -> None:
        self._settings = settings
        self._routes = routes
        self._examine = examine
        self._token = settings.token or token
        self._gate = Gate(settings, self._token, lockout or process_lockout())
        self._snapshots = Snapshots(self._take, cooldown=settings.cooldown)

    async def answer(self, request: EndpointRequest) -> EndpointResponse:
        """The answer to `request`; raises nothing but the cancellation of the task."""
        started = perf_counter()
        outcome, size, auth = "gone", 0, "none"
        try:
            try:
                auth = await self._gate.admit(request)
                response = await self._respond(request)
            except Refusal as refusal:
                response = _error(request, refusal)
            except Exception:
                logger.exception("the endpoint failed to answer")
                failure = Refusal(500, "LeakGuard failed to answer; the server's log says why.")
                response = _error(request, failure)
            outcome = str(response.status)
            size = len(response.body) if request.method != "HEAD" else 0
            return response
        finally:
            path = self._settings.path + request.path
            if self._token:
                path = path.replace(self._token, "<token>")
            audit.record(request, path, outcome, perf_counter() - started, size, auth)

    async def _respond(self, request: EndpointRequest) -> EndpointResponse:
        if request.path not in ("", "/"):
            raise Refusal(404, f"There is nothing here; the report is at {self._settings.path}.")
        if request.method not in ("GET", "HEAD"):
            raise Refusal(405, "Ask with GET.", [("allow", "GET, HEAD")])
        wanted = query.read(request, self._settings.top)
        asked = self._snapshots.now()
        shared = self._snapshots.get()
        # A reader who leaves must not take the snapshot from the others who wait for it.
        taken = await asyncio.shield(asyncio.wrap_future(shared))
        if isinstance(taken, Failed):
            raise Refusal(taken.status, taken.message)
        age = max(0.0, asked - taken.at)  # what was complete only after the question is new
        findings = dataclasses.replace(
            taken.findings, suspects=taken.findings.suspects[: wanted.top]
        )
        # Both read thousands of figures, and the event loop has other requests to serve.
        routes, terms = await asyncio.to_thread(self._figures, findings.snapshot.heap_bytes)
        report = Report(findings, routes, round(age, 1), self._settings.app_name, terms)
        extra = [("age", str(int(age)))] if age else []
        if wanted.as_json:
            return _json(200, jsonform.to_dict(report), extra)
        return EndpointResponse.of(200, _TEXT, _line_ended(text.render(report)), extra)

    def _figures(self, heap_bytes: int) -> tuple[Sequence[RouteFigures], Mapping[str, int | None]]:
        return self._routes(), process.terms().with_heap(heap_bytes).to_dict()

    def _take(self, cancel: threading.Event) -> Findings:
        if self._examine is None:
            # Not before the first snapshot: an app that is never asked need not load all that.
            from leakguard import pipeline

            self._examine = pipeline.examine
        # As many suspects as anyone may ask for: the answers to several readers are cut from it.
        return self._examine(
            top=MAX_TOP,
            timeout=self._settings.timeout,
            memory_limit=self._settings.memory_limit,
            cancel=cancel,
        )


def _error(request: EndpointRequest, refusal: Refusal) -> EndpointResponse:
    if query.prefers_json(request):
        error = {"status": refusal.status, "message": refusal.message}
        return _json(refusal.status, {"error": error}, refusal.headers)
    return EndpointResponse.of(refusal.status, _TEXT, _line_ended(refusal.message), refusal.headers)


def _json(
    status: int, document: Mapping[str, Any], extra: Iterable[tuple[str, str]]
) -> EndpointResponse:
    body = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    return EndpointResponse.of(status, _JSON, body + "\n", extra)


def _line_ended(text: str) -> str:
    return text.rstrip("\n") + "\n"
