"""The endpoint as a view, for projects that name its address in their URL configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard_django import exchange
from leakguard_django.core import core

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


async def report(request: HttpRequest, below: str = "") -> HttpResponse:
    """The endpoint's answer: the report, or what `below` names."""
    return await exchange.answer(core(), request, f"/{below}" if below else "")


# Its own screen refuses what a foreign page made a browser send; a token is no cookie.
report.csrf_exempt = True  # type: ignore[attr-defined]  # csrf_exempt() hides that it is async
# ... and it asks for credentials of its own, which need not be a session.
report.login_required = False  # type: ignore[attr-defined]  # login_not_required() is of 5.1
