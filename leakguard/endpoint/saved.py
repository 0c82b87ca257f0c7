"""What answers for saved images: the same page and views as a server's, with nothing to measure."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import time
from typing import TYPE_CHECKING, Any

from leakguard.analysis.findings import Findings
from leakguard.endpoint import actions, answers, pages, query
from leakguard.endpoint.gate import Gate
from leakguard.endpoint.messages import EndpointResponse, Refusal
from leakguard.endpoint.views import Views
from leakguard.explore.errors import ViewError
from leakguard.page import policy, static
from leakguard.page.facts import Compared, Facts
from leakguard.report import Report, jsonform
from leakguard.report import routes as route_rows
from leakguard.report.screen import Screen
from leakguard.report.text import render as as_text
from leakguard.settings import Settings

if TYPE_CHECKING:
    from leakguard.endpoint.lockout import Lockout
    from leakguard.endpoint.messages import EndpointRequest
    from leakguard.endpoint.query import Query
    from leakguard.explore.offline import Files

logger = logging.getLogger("leakguard")

HOSTS = ("127.0.0.1", "localhost")


class Saved:
    """Answers for the images of `files`; who has the `token` is let in."""

    def __init__(self, files: Files, token: str, lockout: Lockout) -> None:
        self._files = files
        settings = Settings(token=token, allowed_hosts=HOSTS)
        self._gate = Gate(settings, token, lockout)
        self._views = Views(files)
        self._top = settings.top

    async def answer(self, request: EndpointRequest) -> EndpointResponse:
        """The answer to `request`, whose path is below the root."""
        try:
            await self._gate.admit(request)
            return await self._respond(request)
        except Refusal as refusal:
            return answers.refused(request, refusal)
        except Exception:
            logger.exception("the page cannot be shown")
            return answers.refused(request, Refusal(500, "LeakGuard failed to answer."))

    async def _respond(self, request: EndpointRequest) -> EndpointResponse:
        action = actions.find(request, "/")
        if action in actions.OF_IMAGES:
            return await self._views.answer(request, action)
        if action is actions.STATIC:
            return pages.file(request)
        if action is actions.HISTORY:
            return answers.as_json(200, self._past())
        if action not in (actions.REPORT, actions.LATEST):
            raise Refusal(404, "A saved image does not change: there is nothing to do here.")
        wanted = query.read(request, action, self._top)
        return await asyncio.to_thread(self._report, request, wanted)

    def _report(self, request: EndpointRequest, wanted: Query) -> EndpointResponse:
        image, findings = self._newest()
        shown = dataclasses.replace(findings, suspects=findings.suspects[: wanted.top])
        age = max(0.0, time.time() - image["created"]) if image["created"] else 0.0
        report = Report(shown, age_seconds=round(age, 1), app=image["file"])
        if wanted.form == "json":
            return answers.as_json(200, jsonform.to_dict(report))
        if wanted.form == "text":
            height = Screen.height_for(wanted.top)
            return answers.as_text(200, as_text(report, height=height, top=wanted.top))
        from leakguard.page import render

        facts = Facts(
            bundle=static.bundle(),
            language=wanted.language,
            base=pages.base(request, ""),
            query={key: wanted.given[key] for key in ("lang", "top") if key in wanted.given},
            now=time.time(),
            app=image["file"],
            report=report,
            routes=route_rows.rows((), findings),
            difference=self._difference(),
            suspects=len(findings.suspects) - len(shown.suspects),
            pid=findings.process.pid,
            served=False,
        )
        body = render.page(facts).encode("utf-8", "backslashreplace")
        return EndpointResponse.whole(200, pages.HTML, body, policy.PAGE_HEADERS)

    def _newest(self) -> tuple[dict[str, Any], Findings]:
        image = self._files.images()["images"][0]
        try:
            told = json.loads(self._files.ask("suspects", [image["id"]], {}))
        except ViewError as error:
            raise Refusal(error.status, str(error)) from None
        return image, Findings.from_dict(told)

    def _difference(self) -> Compared | None:
        """Between the oldest and the newest, None where there is one image only."""
        images = self._files.images()["images"]
        if len(images) < 2:
            return None
        after, before = images[0], images[-1]
        try:
            told = json.loads(self._files.ask("compare", [before["id"], after["id"]], {}))
        except ViewError:
            return None
        return Compared(
            before["heap_bytes"],
            after["heap_bytes"],
            max(0.0, after["created"] - before["created"]),
            [(row["holder"], row["growth"], row["objects"]) for row in told["holders"]],
            [
                (
                    row["type"],
                    row["bytes_after"] - row["bytes_before"],
                    row["count_after"] - row["count_before"],
                )
                for row in told["types"]
            ],
        )

    def _past(self) -> dict[str, Any]:
        """The answer to `GET /history`, in which nothing was measured."""
        images = self._files.images()["images"]
        now = time.time()
        return {
            "pid": images[0]["pid"],
            "started": images[0]["started"],
            "now": now,
            "memory_limit": None,
            "points": [],
            "routes": [],
            "snapshots": sorted(image["created"] for image in images),
        }
