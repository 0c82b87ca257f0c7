"""A page for saved images, on this machine's loopback address only, until Ctrl-C."""

from __future__ import annotations

import asyncio
import secrets
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

from leakguard.endpoint.lockout import Lockout
from leakguard.endpoint.messages import EndpointRequest
from leakguard.endpoint.saved import Saved

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from leakguard.explore.offline import Files

_PIECE = 1 << 16
_SECONDS = 30.0
"""For a browser to send its request."""


class Server(ThreadingHTTPServer):
    """Listens on a port of 127.0.0.1, a free one for 0; `token` is made anew for it.

    Raises OSError where the port is taken.
    """

    daemon_threads = True

    def __init__(self, files: Files, port: int = 0) -> None:
        self.token = secrets.token_urlsafe(16)
        self.saved = Saved(files, self.token, Lockout())
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that goes away is nothing to tell."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _SECONDS

    def do_GET(self) -> None:  # the name is the library's
        path, _, query = self.path.partition("?")
        request = EndpointRequest(
            method=self.command,
            path=unquote(path),
            query=query,
            headers=tuple((name.lower(), value) for name, value in self.headers.items()),
            client=str(self.client_address[0]),
            body=self._body,
        )
        response = asyncio.run(cast("Server", self.server).saved.answer(request))
        self.send_response_only(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    async def _body(self) -> AsyncIterator[bytes]:
        length = self.headers.get("content-length", "")
        left = int(length) if length.isascii() and length.isdigit() else 0
        while left and (piece := self.rfile.read(min(left, _PIECE))):
            left -= len(piece)
            yield piece

    do_HEAD = do_POST = do_GET  # noqa: N815  # as above

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # as above
        """Nothing: the terminal has the address to show."""


def serve(server: Server) -> None:
    """Print the address and the password, and answer until Ctrl-C."""
    with server:
        print(
            f"The page is at {server.address}\n"
            f"It asks for a name (any) and a password: {server.token}\n"
            "Ctrl-C ends it.",
            flush=True,
        )
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print(file=sys.stderr)
