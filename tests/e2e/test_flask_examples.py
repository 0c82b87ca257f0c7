"""The three classic leaks in Flask apps: the same suspect is named first, and the fix is clean."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import traffic
from traffic import send

if TYPE_CHECKING:
    from serving import Server

    from tests.e2e.conftest import Serve

pytestmark = pytest.mark.e2e

REQUESTS, SLOTS, ATTEMPTS = 200, 100_000, 5_000
STORIES = {
    "closure_leak": ("/leak", "closure", "leaky.the_thing"),
    "global_cache_leak": ("/arr", "global-cache", "leaky.ARR"),
    "listener_leak": ("/attempts", "listener", "leaky.client.emitter._events['connect']"),
}


def after_traffic(serve: Serve, story: str, module: str) -> Server:
    env = {"LEAK_SLOTS": str(SLOTS), "LEAK_ATTEMPTS": str(ATTEMPTS)}
    server = serve(f"{story}/{module}", flask=True, env=env)
    path = STORIES[story][0]
    if story != "listener_leak":
        assert send(server.url(path), REQUESTS, connections=4) == {200: REQUESTS}
        return server
    deadline = time.monotonic() + 120
    while (made := server.get(path).json()["attempts"]) < ATTEMPTS:
        assert time.monotonic() < deadline, f"only {made} attempts were made"
        time.sleep(0.1)
    return server


def findings(server: Server) -> dict[str, Any]:
    answer = server.leak("top=5&format=json")
    assert answer.status == 200, answer.text
    assert "Traceback" not in server.log()
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("story", STORIES)
def test_the_leak_is_the_first_suspect(serve: Serve, story: str) -> None:
    path, kind, holder = STORIES[story]
    found = findings(after_traffic(serve, story, "flask_leaky"))
    suspect = found["suspects"][0]
    assert (suspect["kind"], suspect["holder"]) == (kind, holder)
    routes = {row["route"]: row["requests"] for row in found["routes"]}
    assert f"GET {path}" in routes
    if story != "listener_leak":
        assert routes[f"GET {path}"] == REQUESTS
        assert suspect["retained_bytes"] > 0.9 * REQUESTS * SLOTS * 8


@pytest.mark.parametrize("story", STORIES)
def test_the_fix_has_no_suspect(serve: Serve, story: str) -> None:
    found = findings(after_traffic(serve, story, "flask_fixed"))
    assert found["suspects"] == []
    assert found["verdict"]["kind"] == "none"


def test_the_command_reports_on_the_running_app(serve: Serve, tmp_path: Path) -> None:
    server = after_traffic(serve, "global_cache_leak", "flask_leaky")
    assert server.leak().status == 200
    app = Path(traffic.__file__).parent / "global_cache_leak" / "flask_leaky"
    command = ["flask", f"--app={app}", "leakguard", "top", "--json"]
    told = subprocess.run(
        [sys.executable, "-P", "-m", *command],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "LEAKGUARD_TOKEN": server.token},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 1, told.stderr.decode()
    found = json.loads(told.stdout)
    assert found["process"]["pid"] == server.process.pid
    assert found["suspects"][0]["holder"] == "leaky.ARR"
