"""Real use of the public names; never run, only checked by the type checkers (`make check`)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, assert_type

from starlette.applications import Starlette
from starlette.middleware import Middleware

from leakguard import HeapImage, LeakGuard, LeakGuardError, examine, snapshot
from leakguard.analysis import analyse
from leakguard.analysis.findings import Findings, Suspect

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import ASGIApp, Receive, Scope, Send


def added_to_an_application() -> None:
    app = Starlette()
    app.add_middleware(LeakGuard)


def added_with_options() -> None:
    app = Starlette()
    app.add_middleware(LeakGuard, token="a secret of the operator", path="/_leak")


def given_in_the_constructor() -> Starlette:
    return Starlette(middleware=[Middleware(LeakGuard, allowed_hosts=["shop.example"])])


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


wrapped: ASGIApp = LeakGuard(bare, token="a secret of the operator")


def taken_by_hand(where: Path) -> str:
    try:
        with snapshot(where, timeout=10.0, cancel=threading.Event()) as image:
            assert_type(image, HeapImage)
            findings = analyse(image, top=3)
    except LeakGuardError as error:
        return str(error)
    assert_type(findings, Findings)
    assert_type(findings.suspects, tuple[Suspect, ...])
    return findings.verdict.text


def opened_from_a_file(where: Path) -> int:
    with HeapImage.open(where) as image:
        return image.node_count


def followed(where: Path) -> list[float]:
    seen: list[float] = []
    snapshot(where, on_progress=seen.append).close()
    return seen


def asked_without_a_server() -> str:
    findings = examine(top=3, timeout=10.0)
    assert_type(findings, Findings)
    return findings.verdict.kind
