"""The frame of every case's app: its own routes, beside two that keep nothing."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response


class Line:
    def __init__(self, number: int) -> None:
        self.number = number
        self.text = f"line {number}"


def serving(routes: Mapping[str, Callable[[int], object]]) -> Starlette:
    """An app whose handlers are given the number in the path; what they return is thrown away."""
    every = {**routes, "/health/{n}": health, "/search/{n}": search}
    return Starlette(routes=[Route(path, _endpoint(handle)) for path, handle in every.items()])


def health(number: int) -> None:
    """Answers and does nothing."""


def search(number: int) -> object:
    """Work as there is in any request: many objects, none of them kept."""
    lines = [Line(at) for at in range(50 + number % 10)]
    found = {line.text: [line.number, line.text.upper()] for line in lines}
    return json.loads(json.dumps(found))


def _endpoint(handle: Callable[[int], object]) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        result = handle(int(request.path_params["n"]))
        if inspect.isawaitable(result):
            await result
        return PlainTextResponse("done")

    return endpoint
