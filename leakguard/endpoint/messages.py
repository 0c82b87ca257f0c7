"""What goes into the endpoint and what comes out, in no framework's types."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

# On every answer, errors included: what it says is for this reader, now, and is not a page.
_HEADERS = (
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("vary", "accept"),
)


@dataclass(frozen=True, slots=True)
class EndpointRequest:
    """One request for the endpoint. `authorize` callables get this object."""

    method: str
    path: str
    """Below the endpoint's own path: "" for /_leak itself, "/diff" for /_leak/diff."""
    query: str = field(default="", repr=False)
    """Undecoded, without the question mark."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Names in lower case, as often as they were sent."""
    client: str = ""
    """The address of the peer as the server saw it; forwarded headers do not change it."""
    own: str | None = None
    """What the reader's address ends with after its last slash, where it ends with the endpoint's
    own path; None: with what the settings name."""
    body: Callable[[], AsyncIterator[bytes]] | None = field(default=None, repr=False, compare=False)
    """Gives the body piece by piece, once; None where there is none."""
    scope: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """What the server gave the adapter (an ASGI scope), so that an `authorize` callable can look
    at a session or a user. LeakGuard itself never reads it."""

    def header(self, name: str) -> str | None:
        """The value of the first header of that (lower-case) name."""
        return next((value for key, value in self.headers if key == name), None)

    def count(self, name: str) -> int:
        """How often a header of that (lower-case) name was sent."""
        return sum(key == name for key, _ in self.headers)


@dataclass(frozen=True, slots=True)
class EndpointResponse:
    """A whole answer. For HEAD the adapter sends the headers alone."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @classmethod
    def of(
        cls, status: int, media_type: str, text: str, extra: Iterable[tuple[str, str]] = ()
    ) -> EndpointResponse:
        """An answer of `text` with the headers that every answer has."""
        body = text.encode("utf-8", "backslashreplace")
        return cls.whole(status, media_type, body, [*_HEADERS, *extra])

    @classmethod
    def whole(
        cls, status: int, media_type: str, body: bytes, headers: Iterable[tuple[str, str]]
    ) -> EndpointResponse:
        """An answer with these headers alone."""
        described = [("content-type", media_type), ("content-length", str(len(body)))]
        return cls(status, [*described, *headers], body)


class Refusal(Exception):  # noqa: N818  # not an error of ours: the answer to a request
    """The request is answered with `status` and `message`, and nothing else is done."""

    def __init__(self, status: int, message: str, headers: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = tuple(headers)
