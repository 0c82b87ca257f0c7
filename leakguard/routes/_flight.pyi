from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextvars import ContextVar
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from starlette.types import ASGIApp, Receive, Scope, Send

NO_REQUEST: int
UNBOUND: int

slot_variable: ContextVar[Slot | None]

def set_slots(on: bool) -> None:
    """Whether flights get a slot: only useful while something reads it."""

def set_at_start(function: Callable[[], object] | None) -> None:
    """What is called in the context of every flight that gets a slot, as it starts."""

def request_count() -> int: ...

class Slot:
    """Who works: what is allocated while it is in `slot_variable` belongs to it."""

    def __init__(self, route: int = ...) -> None: ...
    route: int
    @property
    def request(self) -> int: ...

class Flight:
    """One request that is being served. Called as an ASGI `send` or a WSGI `start_response`, it
    watches and passes on."""

    def __init__(
        self, scope: MutableMapping[str, Any], send: Callable[[Any], Any] | None = ...
    ) -> None: ...
    scope: MutableMapping[str, Any]
    status: int | None
    started: float
    ended: float
    """When the answer was complete (0: not yet); background work may follow."""
    @property
    def slot(self) -> Slot | None: ...
    @property
    def route(self) -> Any:
        """Of a WSGI app: the object that its framework calls the route, if it has told."""

    @property
    def entry(self) -> str | None:
        """The path of an ASGI request, the SCRIPT_NAME of a WSGI one, as the server gave them:
        what is served by an app within the app may have others at the end."""

    @property
    def send(self) -> Any:
        """What the app is to send with: the flight itself where it watches the answer (HTTP)."""

    @property
    def unanswered(self) -> bool:
        """Whether an answer was watched for and has not begun."""

    def __call__(self, *arguments: Any, **keywords: Any) -> Any: ...

class NameMemo:
    """Names that were found before; `find` is asked for the others."""

    by_endpoint: dict[int, tuple[Any, dict[str, str]]]
    """By the endpoint's identity: the endpoint, and the name by method."""
    by_template: dict[str, dict[str, str]]
    """By the template that the app or its framework left in the scope: the name by method."""
    by_path: dict[str, tuple[str, str]]
    """By path, for what has no endpoint and is below no root path: the method and the name."""
    def __init__(self, *arguments: Any, **keywords: Any) -> None: ...
    def __call__(self, flight: Flight) -> str: ...
    def find(self, flight: Flight) -> str: ...

class Figures:
    """The sums of one route."""

    def __init__(self, route: int) -> None: ...
    @property
    def route(self) -> int: ...
    @property
    def requests(self) -> int: ...
    @property
    def errors(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def under_way(self) -> int:
        """Of a track: how many of its `requests` have not ended. A route's count as they end."""

    def begin(self) -> None:
        """One more, of a track, which has not ended."""

    def end(self, seconds: float, failed: bool) -> None:
        """One that has begun has ended."""

    def start_again(self) -> None:
        """This is the child of a fork, where nothing has run yet."""

class FlightCounter:
    """Counts flights by the name that `name_of` gives them."""

    def __init__(self, name_of: Callable[[Flight], str], tick_seconds: float) -> None: ...
    figures: dict[str, Figures]
    @property
    def flights(self) -> list[Flight]:
        """Those that have not ended."""

    def forget_flights(self) -> None: ...
    _name_of: Callable[[Flight], str]
    def enter(
        self, scope: MutableMapping[str, Any], send: Callable[[Any], Any] | None = ...
    ) -> Flight:
        """A request has come; pass what is returned to `leave` when it ends, however it ends."""

    def leave(self, flight: Flight, failed: bool) -> None:
        """The request has ended; `failed` if it raised or never answered."""

    def add_figures(self, name: str | None) -> Figures:
        """The figures of a name that has none yet; None: the flight could not be named."""

    def tick(self) -> None:
        """Called as a flight ends, when `tick_seconds` have passed since the last time."""

class Middleware:
    """Calls an ASGI app, counts its requests, and has those below `path` answered."""

    app: ASGIApp
    def __init__(self, app: ASGIApp, counter: FlightCounter, path: str) -> None: ...
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...
    def is_ours(self, scope: Scope) -> bool:
        """Asked for a path that contains ours: whether LeakGuard answers."""

    def live(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Called for the lifespan of the server, which is the app's."""

    def answer(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]: ...
    def is_hang_up(self, error: Exception) -> bool:
        """Whether an error only says that the client went away."""

    def report(self, error: Exception) -> None:
        """An error of ours, which must not reach the app."""

class WsgiMiddleware:
    """Calls a WSGI app, counts its requests, and has those below `path` answered."""

    app: WSGIApplication
    def __init__(self, app: WSGIApplication, counter: FlightCounter, path: str) -> None: ...
    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]: ...
    def is_ours(self, environ: WSGIEnvironment) -> bool:
        """Asked for a path that contains ours: whether LeakGuard answers."""

    def answer(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]: ...
    def report(self, error: Exception) -> None:
        """An error of ours, which must not reach the app."""
