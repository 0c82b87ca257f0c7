"""Run one application under a real server, for as long as a `with` block lasts."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 120.0  # what many at once take on a busy machine
STOP_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[bytes]
    port: int
    token: str
    log_file: Path

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def get(self, path: str, **headers: str) -> Answer:
        """GET a path of the application; an error status is an answer like any other."""
        request = urllib.request.Request(self.url(path), headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as response:
                return Answer(response.status, dict(response.headers), response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())

    def leak(self, query: str = "top=5") -> Answer:
        """GET /_leak with the server's token."""
        return self.get(f"/_leak?{query}", Authorization=f"Bearer {self.token}")

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")


@contextmanager
def serving(
    app: str,
    directory: Path,
    log_file: Path,
    *,
    loop: str = "auto",
    flask: bool = False,
    env: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
) -> Iterator[Server]:
    """Serve `app` ("module:attribute" in `directory`) on a free port; stop it at the end.

    The server is uvicorn, or `flask run` with its threads; `options` are more of its own.

    RuntimeError, with the server's log, when it does not come up or does not stop when asked.
    """
    port = free_port()
    if flask:
        command = ["flask", f"--app={directory / app}", "run"]
    else:
        command = ["uvicorn", app, f"--app-dir={directory}", f"--loop={loop}"]
        command += ["--log-level=warning"]
    # -P: the installed leakguard, never a source tree that happens to be the current directory
    started = [sys.executable, "-P", "-m", *command, f"--port={port}", *options]
    with running(started, port, log_file, env=env) as server:
        yield server


@contextmanager
def running(
    command: Sequence[str | Path],
    port: int,
    log_file: Path,
    *,
    directory: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Run a server that listens on `port`, in `directory`; RuntimeError as of `serving`."""
    token = secrets.token_urlsafe(24)
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env={**os.environ, "LEAKGUARD_TOKEN": token, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server = Server(process, port, token, log_file)
    try:
        _wait_until_ready(server)
        yield server
    finally:
        _stop(server)


def free_port() -> int:
    """A port of this host that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"the server did not come up:\n{server.log()}")


def _stop(server: Server) -> None:
    server.process.terminate()
    try:
        server.process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()
        raise RuntimeError(f"the server did not stop:\n{server.log()}") from None
