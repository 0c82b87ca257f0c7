"""The route table of a Starlette or FastAPI app: which template belongs to which endpoint.

Every version leaves the chosen endpoint in the scope; the template with the prefixes of its
mounts is nowhere to be found there. So the table is walked once, and looked up by endpoint. Nothing
is imported: an app that is no Starlette app must not load Starlette.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MAX_DEPTH = 16


class Kind(Enum):
    """What a request has reached when the last thing that was chosen is this endpoint."""

    ROUTE = "a route of its own"
    APP = "an app behind a mount, which keeps its routes to itself"
    ROUTER = "an app behind a mount, none of whose routes was chosen"


class Place(NamedTuple):
    """One template under which an endpoint is reachable."""

    template: str
    steps: tuple[Any, ...]
    """The compiled patterns of the mounts on the way, then the route's own."""
    kind: Kind

    def matches(self, path: str) -> bool:
        """Whether `path` (below the app's root path) leads here."""
        for step in self.steps[:-1]:
            match = step.match(path)
            if not match:
                return False
            path = "/" + match["path"]
        return bool(self.steps[-1].match(path))


Table = dict[int, tuple[Any, list[Place]]]


def walk(router: Any) -> Table:
    """Every endpoint below `router` by its identity, with the places where it is reachable.

    The endpoint itself is kept beside its places, so that its identity cannot be taken over.
    """
    table: Table = {}
    for endpoint, place in _places(router, "", (), 0):
        table.setdefault(id(endpoint), (endpoint, []))[1].append(place)
    return table


def _places(
    app: Any, prefix: str, steps: tuple[Any, ...], depth: int
) -> Iterator[tuple[Any, Place]]:
    if depth > _MAX_DEPTH:
        return
    for route in _routes(app):
        pattern = getattr(route, "path_regex", None)
        path = getattr(route, "path_format", None)
        if isinstance(path, str) and getattr(route, "endpoint", None) is not None:
            yield route.endpoint, Place(prefix + path, (*steps, pattern), Kind.ROUTE)
        elif isinstance(path, str) and hasattr(route, "app"):
            # A mount's own pattern ends in "/{path}": what follows is for the app behind it.
            kind = Kind.ROUTER if _route_list(route.app) else Kind.APP
            yield route.app, Place(prefix + path, (*steps, pattern), kind)
            mounted = prefix + path.removesuffix("/{path}")
            yield from _places(route.app, mounted, (*steps, pattern), depth + 1)
        elif hasattr(route, "host_regex"):
            yield from _places(route.app, prefix, steps, depth + 1)


def _routes(app: Any) -> Iterator[Any]:
    for route in _route_list(app):
        # FastAPI keeps an included router as one entry, and the routes with their prefix below it.
        contexts = getattr(route, "effective_route_contexts", None)
        if contexts is None:
            yield route
        else:
            for context in contexts():
                yield getattr(context, "starlette_route", None) or context


def _route_list(app: Any) -> Sequence[Any]:
    # Middleware around a mounted app keeps it as `.app`.
    for _ in range(_MAX_DEPTH):
        routes = getattr(app, "routes", None)
        if isinstance(routes, list | tuple):
            return routes
        app = getattr(app, "app", None)
    return ()
