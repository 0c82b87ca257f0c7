"""Falcon: a middleware component says the `uri_template` of each request."""

from __future__ import annotations

import inspect
from typing import Any

from leakguard.frameworks import KEY


def attach(app: Any) -> None:
    """Adds the component to a `falcon.App` or a `falcon.asgi.App`, if it has none yet."""
    known = getattr(app, "_unprepared_middleware", ())
    if not any(isinstance(one, TellsRoute | TellsAsgiRoute) for one in known):
        is_asgi = inspect.iscoroutinefunction(type(app).__call__)
        app.add_middleware(TellsAsgiRoute() if is_asgi else TellsRoute())


class TellsRoute:
    """The component of a `falcon.App`.

    A request has its template before its responder is called, so that it has one while it is
    served; and when another component has answered instead, at the end.
    """

    def process_resource(self, req: Any, resp: Any, resource: Any, params: Any) -> None:
        if req.uri_template is not None:  # a router of the app may not tell it
            req.env[KEY] = req.uri_template

    def process_response(self, req: Any, resp: Any, resource: Any, req_succeeded: bool) -> None:
        if req.uri_template is not None:
            req.env[KEY] = req.uri_template


class TellsAsgiRoute:
    """The component of a `falcon.asgi.App`."""

    async def process_resource(self, req: Any, resp: Any, resource: Any, params: Any) -> None:
        if req.uri_template is not None:  # a router of the app may not tell it
            req.scope[KEY] = req.uri_template

    async def process_response(
        self, req: Any, resp: Any, resource: Any, req_succeeded: bool
    ) -> None:
        if req.uri_template is not None:
            req.scope[KEY] = req.uri_template

    async def process_resource_ws(self, req: Any, ws: Any, resource: Any, params: Any) -> None:
        if req.uri_template is not None:  # a router of the app may not tell it
            req.scope[KEY] = req.uri_template
