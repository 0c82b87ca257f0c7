"""From curl to the answer: the whole of it, under a real uvicorn."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from figures import Figure, median, spread

if TYPE_CHECKING:
    from collections.abc import Iterator

ASKED = 5
START_SECONDS = 120.0
HERE = Path(__file__).parent


def measure(objects: int) -> Iterator[Figure]:
    curl = shutil.which("curl")
    if curl is None:
        yield Figure("skipped: there is no curl on this machine", 0.0, "")
        return
    with _serving(objects) as (url, token):
        seconds = [_ask(curl, url, token) for _ in range(ASKED)]
    limit = 1.0 if objects <= 1e6 else None
    yield Figure("curl /_leak?top=5 to answer", median(seconds), "s", limit, spread(seconds))


def _ask(curl: str, url: str, token: str) -> float:
    command = [curl, "--silent", "--show-error", "--fail", "--header", "@-", "--output", os.devnull]
    answer = subprocess.run(
        [*command, "--write-out", "%{time_total}", f"{url}/_leak?top=5"],
        # not as an argument, which every user of the machine could read
        input=f"Authorization: Bearer {token}\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return float(answer.stdout)


@contextmanager
def _serving(objects: int) -> Iterator[tuple[str, str]]:
    token = secrets.token_urlsafe(24)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [
            *(sys.executable, "-P", "-m", "uvicorn", "served:app", f"--app-dir={HERE}"),
            *(f"--port={port}", "--log-level=warning"),
        ],
        env={**os.environ, "LEAKGUARD_TOKEN": token, "BENCH_OBJECTS": str(objects)},
    )
    try:
        _wait_for(port, server)
        yield f"http://127.0.0.1:{port}", token
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"uvicorn did not come up within {START_SECONDS:g} s")
