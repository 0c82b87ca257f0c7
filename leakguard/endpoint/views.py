"""`GET /_leak/images` and `GET /_leak/view/...`: looking around in kept heap images."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import os
from concurrent.futures import Future
from importlib.metadata import PackageNotFoundError, version
from typing import IO, TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl

from leakguard.endpoint import actions, uploads
from leakguard.endpoint.messages import EndpointResponse, Refusal
from leakguard.errors import ImageError, LeakGuardError
from leakguard.explore import parameters
from leakguard.explore.errors import ViewError
from leakguard.workers import native

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from leakguard.endpoint.actions import Action
    from leakguard.endpoint.messages import EndpointRequest

PREFIX = "/view/"
_JSON = "application/json"
_MOST_AT_ONCE = 8
_MOST_PARAMETERS = 20
_IMAGES: Mapping[str, Sequence[str]] = {"compare": ("from", "to")}
_IMAGE: Sequence[str] = ("image",)
# The answer is the same for ever, as long as there is the image: a browser may keep it, and asks
# whether it may still show it.
_KEPT = (
    ("cache-control", "private, no-cache"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
)


class Source(Protocol):
    """Where images are, and who computes views of them. Its methods block."""

    def images(self) -> dict[str, Any]:
        """The answer to `GET /_leak/images`."""
        ...

    def has(self, image: str) -> bool:
        """Whether there is an image of that id."""
        ...

    def ask(self, view: str, images: Sequence[str], given: Mapping[str, str]) -> bytes:
        """A view as JSON. Raises `ViewError`."""
        ...

    def ask_files(self, view: str, files: Sequence[int], given: Mapping[str, str]) -> bytes:
        """The same of images in open files."""
        ...


class Views:
    """Answers in threads of its own: the event loop has requests to serve, and so have the threads
    of the app. What comes while many wait is told to come again."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._pid = os.getpid()
        self._running: set[Future[EndpointResponse]] = set()
        self._receiving = False

    async def answer(self, request: EndpointRequest, action: Action) -> EndpointResponse:
        """The answer to one of `actions.OF_IMAGES`. Raises `Refusal` for what cannot be asked."""
        if action is actions.VIEW:
            return await self.view(request)
        if action is actions.COMPARE_FILES:
            actions.check_is_meant(request)
            return await self.compare_files(request)
        return await self.images(request)

    async def images(self, request: EndpointRequest) -> EndpointResponse:
        """The images that there are."""
        _read(request, ())
        return await self._in_thread(self._list)

    async def view(self, request: EndpointRequest) -> EndpointResponse:
        """A view of one of them, or of two. Raises `Refusal` for what cannot be asked."""
        name = request.path.removeprefix(PREFIX)
        try:
            known = parameters.VIEWS.get(name, {})
            wanted = _IMAGES.get(name, _IMAGE)
            given = _read(request, (*wanted, *known) if name in parameters.VIEWS else None)
            ids = [given.pop(one, "") for one in wanted]
            parameters.read(name, given)
        except ViewError as error:
            raise Refusal(error.status, str(error)) from None
        for parameter, image in zip(wanted, ids, strict=True):
            if not image:
                raise Refusal(400, f"Say which image: {parameter}= and its id, as /images has it.")
        tag = _tag(name, ids, given)
        asked = request.header("if-none-match") or ""
        same = tag in (one.strip().removeprefix("W/") for one in asked.split(","))
        return await self._in_thread(lambda: self._view(name, ids, given, tag, same))

    async def compare_files(self, request: EndpointRequest) -> EndpointResponse:
        """What grew between two image files that come with the request; they are not kept."""
        _read(request, ())
        if self._receiving:
            raise Refusal(503, "Other files are being compared; ask again.", [("retry-after", "5")])
        self._receiving = True
        try:
            with uploads.body_file() as body:
                await uploads.receive(request, body)
                return await self._in_thread(lambda: self._compared(request, body))
        finally:
            self._receiving = False

    def _compared(self, request: EndpointRequest, body: IO[bytes]) -> EndpointResponse:
        with uploads.parts(request, body, _IMAGES["compare"]) as files:
            told = self._source.ask_files("compare", [file.fileno() for file in files], {})
        return EndpointResponse.of(200, _JSON, told.decode())

    def _list(self) -> EndpointResponse:
        text = json.dumps(self._source.images(), indent=1, ensure_ascii=False, allow_nan=False)
        return EndpointResponse.of(200, _JSON, text + "\n")

    def _view(
        self, name: str, ids: Sequence[str], given: Mapping[str, str], tag: str, same: bool
    ) -> EndpointResponse:
        headers = [*_KEPT, ("etag", tag)]
        if same and all(map(self._source.has, ids)):
            return EndpointResponse(304, headers, b"")
        body = self._source.ask(name, ids, given)
        return EndpointResponse.whole(200, _JSON, body, headers)

    async def _in_thread(self, function: Callable[[], EndpointResponse]) -> EndpointResponse:
        if self._pid != os.getpid():
            self._pid, self._running, self._receiving = os.getpid(), set(), False
        if len(self._running) >= _MOST_AT_ONCE:
            raise Refusal(503, "Many views are being computed; ask again.", [("retry-after", "1")])
        future: Future[EndpointResponse] = Future()
        future.set_running_or_notify_cancel()  # from here on cancel() has no effect
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        try:
            native.start_thread(functools.partial(_run, function, future), "leakguard-view")
        except RuntimeError:
            self._running.discard(future)
            raise Refusal(503, "The system has no thread left; ask again later.") from None
        return await asyncio.shield(asyncio.wrap_future(future))


def _run(function: Callable[[], EndpointResponse], future: Future[EndpointResponse]) -> None:
    try:
        future.set_result(function())
    except ViewError as error:
        future.set_exception(Refusal(error.status, str(error)))
    except LeakGuardError as error:
        status = 400 if isinstance(error, ImageError) else 503
        future.set_exception(Refusal(status, str(error)))
    except BaseException as error:
        future.set_exception(error)


def _read(request: EndpointRequest, known: Sequence[str] | None) -> dict[str, str]:
    """The parameters, each given once; those that none of `known` is (None: any may be)."""
    try:
        pairs = parse_qsl(
            request.query,
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except ValueError:  # too many fields, or bytes that are no UTF-8
        raise Refusal(400, "The query string cannot be read; an example: ?image=1") from None
    given: dict[str, str] = {}
    for name, value in pairs:
        if name == "format" and value == "json":
            continue
        if known is not None and name not in known:
            raise Refusal(
                400,
                f"There is no parameter {parameters.shown(name)}; {parameters.hint(name, known)}",
            )
        if name in given:
            raise Refusal(400, f"The parameter {name!r} is given twice; once is enough.")
        given[name] = value
    return given


def _tag(name: str, ids: Sequence[str], given: Mapping[str, str]) -> str:
    facts = [_version(), name, list(ids), sorted(given.items())]
    return f'"{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:20]}"'


def _version() -> str:
    try:
        return version("leakguard-web")
    except PackageNotFoundError:
        return "unknown"
