"""What LeakGuard itself keeps does not grow with the requests: counted in blocks, not in time."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

WARM, MORE, ROUNDS = 5_000, 5_000, 4
FEW = 3_000
"""Blocks. Names of paths are remembered, up to a limit, and forgotten together: that goes up and
down. A block that one in six requests left behind would be more."""

PROGRAM = f"""
import asyncio, collections, gc, json, sys
from leakguard import LeakGuard
from leakguard.routes import _sampler
from leakguard.wsgi import LeakGuard as WsgiLeakGuard

ring = collections.deque([None] * 100, 100)  # so that samples come and go

async def asgi_app(scope, receive, send):
    ring.append(bytes(3_000))
    await send({{"type": "http.response.start", "status": 200, "headers": []}})
    await send({{"type": "http.response.body", "body": b""}})

def wsgi_app(environ, start_response):
    ring.append(bytes(3_000))
    start_response("200 OK", [])
    return iter([b""])

async def send(message):
    pass

options = dict(token="the-token-of-this-test", baseline=False)
guarded = dict(asgi=LeakGuard(asgi_app, **options), wsgi=WsgiLeakGuard(wsgi_app, **options))

def asgi(path):
    scope = dict(type="http", method="GET", path=path, headers=[])
    try:
        guarded["asgi"](scope, None, send).send(None)
    except StopIteration:
        pass

def wsgi(path):
    answer = guarded["wsgi"](dict(REQUEST_METHOD="GET", PATH_INFO=path), lambda *_: None)
    list(answer)
    answer.close()

serve = dict(asgi=asgi, wsgi=wsgi)[sys.argv[1]]
ledger = guarded[sys.argv[1]]._ledger
ledger.on_tick = None  # what is done by the clock has limits of its own
points = []
for requests in [{WARM}] + [{MORE}] * {ROUNDS}:
    for number in range(requests):
        serve(["/", f"/items/{{number}}", f"/user-{{number}}/{{number * 7919:x}}"][number % 3])
    gc.collect()
    routes = len(ledger.figures)
    points.append([sys.getallocatedblocks(), _sampler.counts()["memory"], routes])
print(json.dumps(points))
"""


@pytest.mark.parametrize("protocol", ["asgi", "wsgi"])
def test_twenty_thousand_requests_add_nothing(protocol, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, protocol],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    warm, *later = json.loads(done.stdout)
    for blocks, sampler_bytes, routes in later:
        assert blocks - warm[0] < FEW
        assert sampler_bytes == warm[1]
        assert routes == warm[2]
