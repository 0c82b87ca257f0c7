"""The three classic leaks in Django projects: the same suspects, and the same fixes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from traffic import send

if TYPE_CHECKING:
    from pathlib import Path

    from serving import Server

    from tests.e2e.conftest import Serve

pytestmark = pytest.mark.e2e

REQUESTS, SLOTS, ATTEMPTS = 200, 50_000, 5_000


def after_traffic(serve: Serve, story: str, module: str, address: str) -> dict[str, Any]:
    env = {"LEAK_SLOTS": str(SLOTS), "LEAK_ATTEMPTS": str(ATTEMPTS)}
    server = serve(f"{story}/{module}", env=env)
    if address == "/attempts":
        wait_for_attempts(server)
    else:
        assert send(server.url(address), REQUESTS) == {200: REQUESTS}
    answer = server.leak("top=5&format=json")
    assert answer.status == 200, answer.text
    assert "Traceback" not in server.log()
    found: dict[str, Any] = answer.json()
    return found


def wait_for_attempts(server: Server) -> None:
    deadline = time.monotonic() + 120
    while (made := server.get("/attempts").json()["attempts"]) < ATTEMPTS:
        assert time.monotonic() < deadline, f"only {made} attempts were made"
        time.sleep(0.1)


def requests(found: dict[str, Any], route: str) -> int:
    return sum(row["requests"] for row in found["routes"] if row["route"] == route)


def test_closure_leak_names_the_free_variable(serve: Serve) -> None:
    found = after_traffic(serve, "closure_leak", "django_leaky", "/leak")
    suspect = found["suspects"][0]
    assert suspect["kind"] == "closure"
    assert "leaky.the_thing" in suspect["holder"]
    edges = {link["edge"] for link in suspect["chain"]}
    assert {"free variable 'original_thing'", "free variable 'replaced_something'"} <= edges
    assert suspect["retained_bytes"] > 0.9 * (REQUESTS - 1) * SLOTS * 8
    assert requests(found, "GET /leak") == REQUESTS


def test_global_cache_leak_names_the_list(serve: Serve) -> None:
    found = after_traffic(serve, "global_cache_leak", "django_leaky", "/arr")
    suspect = found["suspects"][0]
    assert suspect["kind"] == "global-cache"
    assert suspect["holder"] == "leaky.ARR"
    assert suspect["objects"] == {"type": "list", "count": REQUESTS}
    assert suspect["routes"][0]["route"] == "GET /arr"
    assert requests(found, "GET /arr") == REQUESTS


def test_listener_leak_names_the_emitter_and_the_event(serve: Serve) -> None:
    found = after_traffic(serve, "listener_leak", "django_leaky", "/attempts")
    suspect = found["suspects"][0]
    assert suspect["kind"] == "listener"
    reading = suspect["holder"] + "".join(link["edge"] for link in suspect["chain"])
    assert ".emitter" in reading
    assert "['connect']" in reading
    assert max(link["repeats"] for link in suspect["chain"]) == ATTEMPTS


@pytest.mark.parametrize(
    ("story", "address"),
    [("closure_leak", "/leak"), ("global_cache_leak", "/arr"), ("listener_leak", "/attempts")],
)
def test_the_fix_has_no_suspect(serve: Serve, story: str, address: str) -> None:
    found = after_traffic(serve, story, "django_fixed", address)
    assert found["suspects"] == []
    assert found["verdict"]["kind"] == "none"


PROJECT = """
SECRET_KEY = "only for this test"
INSTALLED_APPS = ["leakguard_django"]
LEAKGUARD = {"app_name": "shop"}
"""


def test_manage_py_asks_the_running_project(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "project.py").write_text(PROJECT)
    env = {"LEAK_SLOTS": str(SLOTS), "LEAKGUARD_APP_NAME": "shop"}
    server = serve("global_cache_leak/django_leaky", env=env)
    assert send(server.url("/arr"), REQUESTS) == {200: REQUESTS}
    assert server.leak().status == 200  # a worker is known from its first answer on
    done = subprocess.run(
        [sys.executable, "-P", "-m", "django", "leakguard", "top", "--top", "1"],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "project",
            # no empty part: it would stand for the working directory, a checkout
            "PYTHONPATH": os.pathsep.join(
                filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")])
            ),
            "XDG_RUNTIME_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "leaky.ARR" in done.stdout
