"""What LeakGuard costs a request, in instructions: bare app, middleware, middleware and sampler.

python -P benchmarks/sampling.py [raw] [hello] [json]      needs valgrind

Instructions are counted by callgrind as the difference between a long and a short run, so they do
not depend on how busy the machine is.
"""

from __future__ import annotations

import asyncio
import gc
import os
import re
import subprocess
import sys
from typing import Any

MODES = ("bare", "middleware", "sampling")
RUNS = {"raw": (200, 2200), "hello": (50, 350), "json": (20, 100)}


def raw() -> Any:
    """Three lines of ASGI."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"hello"})

    return app


def hello() -> Any:
    """FastAPI's first example."""
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/hello")
    async def answer() -> dict[str, str]:
        return {"hello": "world"}

    return app


def json() -> Any:
    """FastAPI with a list of fifty models."""
    from fastapi import FastAPI
    from pydantic import create_model

    item = create_model("Item", id=int, name=str, email=str, score=float, tags=list[str])
    app = FastAPI()

    @app.get("/hello", response_model=list[item])  # type: ignore[valid-type]  # made at run time
    async def answer() -> Any:
        return [
            item(id=i, name=f"user-{i}", email=f"{i}@example.com", score=i / 2, tags=["a", str(i)])
            for i in range(50)
        ]

    return app


async def serve(app: Any, count: int) -> None:
    """Serves `count` requests, each in a task as a server does."""

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        pass

    async def one() -> None:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/hello",
            "raw_path": b"/hello",
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"test"), (b"accept", b"*/*")],
            "client": ("127.0.0.1", 5),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        await app(scope, receive, send)

    for _ in range(count):
        await asyncio.get_running_loop().create_task(one())


def run(name: str, mode: str, count: int) -> None:
    """One run, to be counted from outside."""
    app = {"raw": raw, "hello": hello, "json": json}[name]()
    if mode != "bare":
        from leakguard import LeakGuard

        app = LeakGuard(app, token="x" * 32, sampling=mode == "sampling")
    gc.disable()
    asyncio.run(serve(app, count))


def instructions(name: str, mode: str, count: int) -> int:
    """The instructions of a whole run."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable]
    done = subprocess.run(
        [*command, "-P", __file__, "--run", name, mode, str(count)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "0"},
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if found is None:
        raise SystemExit(f"valgrind told no count:\n{done.stderr}")
    return int(found[1])


def main() -> None:
    """Prints a line for each app and mode."""
    if sys.argv[1:2] == ["--run"]:
        run(sys.argv[2], sys.argv[3], int(sys.argv[4]))
        return
    for name in sys.argv[1:] or RUNS:
        few, many = RUNS[name]
        bare = 0.0
        for mode in MODES:
            instructions(name, mode, 1)  # imports are compiled
            counted = instructions(name, mode, many) - instructions(name, mode, few)
            each = counted / (many - few)
            bare = bare or each
            print(f"{name:6} {mode:11} {each:10,.0f} instructions a request {each / bare - 1:+.1%}")


if __name__ == "__main__":
    main()
