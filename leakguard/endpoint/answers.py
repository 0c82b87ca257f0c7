"""Answers in the forms that there are: text, JSON, and why there is none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from leakguard.endpoint import actions, pages, query
from leakguard.endpoint.messages import EndpointResponse
from leakguard.page import messages

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from leakguard.endpoint.messages import EndpointRequest, Refusal

PAGE = "page"
"""What the page's own script sends as X-LeakGuard: it shows what is said to a person."""
_TEXT = "text/plain; charset=utf-8"
_JSON = "application/json"


def as_text(status: int, text: str, extra: Iterable[tuple[str, str]] = ()) -> EndpointResponse:
    """Plain text that ends with one newline."""
    return EndpointResponse.of(status, _TEXT, text.rstrip("\n") + "\n", extra)


def as_json(
    status: int, document: Mapping[str, Any], extra: Iterable[tuple[str, str]] = ()
) -> EndpointResponse:
    """A document for a program."""
    body = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    return EndpointResponse.of(status, _JSON, body + "\n", extra)


def refused(request: EndpointRequest, refusal: Refusal) -> EndpointResponse:
    """Why there is no other answer, in the form that was asked for."""
    form = query.form_of_error(request)
    if form == "json" or actions.is_for_programs(request):
        message = refusal.message
        if request.header("x-leakguard") == PAGE:
            message = messages.retold(query.language(request), message) or message
        error = {"status": refusal.status, "message": message}
        return as_json(refusal.status, {"error": error}, refusal.headers)
    if form == "html":
        return pages.error(request, query.language(request), refusal)
    return as_text(refusal.status, refusal.message, refusal.headers)
