"""Run one case in this process: `traffic.py APP` prints what LeakGuard answers, a line a round.

The app is a module of the folder `apps`. Its routes are asked in turn, some at a time, and after
each round LeakGuard is asked what leaks, as a reader would ask.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib
import itertools
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

APPS = Path(__file__).with_name("apps")
sys.path.insert(0, str(APPS))

from leakguard import LeakGuard  # noqa: E402 (apps may bring a Starlette of their own)

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "a-token-for-the-tests"
AT_A_TIME = 8


async def ask(app: Any, path: str, method: str = "GET") -> tuple[int, bytes]:
    """The status and body of one request."""
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"localhost"), (b"authorization", f"Bearer {TOKEN}".encode())],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


async def ask_leakguard(app: Any, path: str, method: str = "GET") -> dict[str, Any]:
    """What LeakGuard answers now."""
    status, body = await ask(app, path, method)
    if status != 200:
        raise SystemExit(f"LeakGuard answered {status}: {body.decode()}")
    answer: dict[str, Any] = json.loads(body)
    return answer


def paths(module: Any) -> Iterator[str]:
    """Paths to ask for, with a number: each route in turn, as often as TRAFFIC says."""
    weights = getattr(module, "TRAFFIC", {})
    turn = [route.path for route in module.app.routes for _ in range(weights.get(route.path, 1))]
    for number in itertools.count():
        yield turn[number % len(turn)].replace("{n}", str(number // len(turn)))


async def round_of(app: Any, asked: Iterator[str], requests: int) -> None:
    """`requests` requests, some at a time, each in a task of its own."""
    for start in range(0, requests, AT_A_TIME):
        together = [ask(app, next(asked)) for _ in range(min(AT_A_TIME, requests - start))]
        for status, _ in await asyncio.gather(*together):
            if status != 200:
                raise SystemExit(f"the app answered {status}")


async def run(name: str, rounds: int, requests: int, sampling: int | None) -> None:
    """Print the answer after each round but the first, which warms up.

    Nothing is kept of an answer: what grows here must be the app's.
    """
    module = importlib.import_module(name)
    guarded = LeakGuard(module.app, token=TOKEN, cooldown=0, sampling=sampling)
    asked = paths(module)
    await round_of(guarded, asked, requests)
    await ask_leakguard(guarded, "/_leak/baseline?format=json", "POST")
    for _ in range(rounds):
        await round_of(guarded, asked, requests)
        if gc.isenabled():
            gc.collect()  # in so many requests as a round stands for there would be some
        print(json.dumps(await ask_leakguard(guarded, "/_leak?format=json&top=10")), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("app")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=150)
    parser.add_argument("--sampling", type=int, help="bytes between samples; the default if none")
    options = parser.parse_args()
    asyncio.run(run(options.app, options.rounds, options.requests, options.sampling))


if __name__ == "__main__":
    main()
