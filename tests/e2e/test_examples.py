"""The three classic leaks under real traffic: each is named, and its fix comes out clean."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from traffic import send

if TYPE_CHECKING:
    from serving import Server

    from tests.e2e.conftest import Serve

pytestmark = pytest.mark.e2e

# a request's thing is 1,000,000 slots (8 MB); two thousand of them are a hundred times smaller
TRAFFIC = [(10, 1_000_000), (200, 1_000_000), (2_000, 10_000)]
ATTEMPTS = [(5_000, "0.001"), (50_000, "0")]


def findings(server: Server) -> dict[str, Any]:
    answer = server.leak("top=5&format=json")
    assert answer.status == 200, answer.text
    assert "Traceback" not in server.log()
    found: dict[str, Any] = answer.json()
    return found


def after_requests(serve: Serve, app: str, path: str, requests: int, slots: int) -> Server:
    server = serve(app, env={"LEAK_SLOTS": str(slots)})
    assert send(server.url(path), requests) == {200: requests}
    return server


def after_attempts(serve: Serve, app: str, attempts: int, interval: str) -> Server:
    server = serve(app, env={"LEAK_ATTEMPTS": str(attempts), "LEAK_INTERVAL": interval})
    deadline = time.monotonic() + 300
    while (made := server.get("/attempts").json()["attempts"]) < attempts:
        assert time.monotonic() < deadline, f"only {made} attempts were made"
        time.sleep(0.1)
    return server


@pytest.mark.parametrize(("requests", "slots"), TRAFFIC)
def test_closure_leak_names_the_free_variable(serve: Serve, requests: int, slots: int) -> None:
    server = after_requests(serve, "closure_leak/leaky", "/leak", requests, slots)
    suspect = findings(server)["suspects"][0]
    assert suspect["kind"] == "closure"
    assert "leaky.the_thing" in suspect["holder"]
    edges = {link["edge"] for link in suspect["chain"]}
    assert "free variable 'original_thing'" in edges
    assert "free variable 'replaced_something'" in edges
    repeats = max(link["repeats"] for link in suspect["chain"])
    # every thing but the newest is held by the one after it
    assert requests - 2 <= repeats <= requests
    assert suspect["retained_bytes"] > 0.9 * (requests - 1) * slots * 8
    text = server.leak("top=5").text
    assert "original_thing" in text
    assert f"{repeats:,}" in text


@pytest.mark.parametrize(("attempts", "interval"), ATTEMPTS)
def test_listener_leak_names_the_emitter_and_the_event(
    serve: Serve, attempts: int, interval: str
) -> None:
    server = after_attempts(serve, "listener_leak/leaky", attempts, interval)
    suspect = findings(server)["suspects"][0]
    assert suspect["kind"] == "listener"
    reading = suspect["holder"] + "".join(link["edge"] for link in suspect["chain"])
    assert ".emitter" in reading
    assert "['connect']" in reading
    callbacks = [
        link for link in suspect["chain"] if link["name"].endswith("Connection.on_connect")
    ]
    assert callbacks
    assert max(link["repeats"] for link in suspect["chain"]) == attempts
    assert "on_connect" in server.leak("top=5").text


@pytest.mark.parametrize(("requests", "slots"), TRAFFIC)
def test_global_cache_leak_names_the_list(serve: Serve, requests: int, slots: int) -> None:
    server = after_requests(serve, "global_cache_leak/leaky", "/arr", requests, slots)
    suspect = findings(server)["suspects"][0]
    assert suspect["kind"] == "global-cache"
    assert suspect["holder"] == "leaky.ARR"
    assert suspect["objects"] == {"type": "list", "count": requests}
    assert suspect["chain"][0]["name"] == "leaky"
    assert suspect["retained_bytes"] > requests * slots * 8
    assert "leaky.ARR" in server.leak("top=5").text


@pytest.mark.parametrize(("requests", "slots"), TRAFFIC)
@pytest.mark.parametrize(
    ("app", "path"), [("closure_leak/fixed", "/leak"), ("global_cache_leak/fixed", "/arr")]
)
def test_fixed_example_has_no_suspect(
    serve: Serve, app: str, path: str, requests: int, slots: int
) -> None:
    found = findings(after_requests(serve, app, path, requests, slots))
    assert found["suspects"] == []
    assert found["verdict"]["kind"] == "none"


@pytest.mark.parametrize(("attempts", "interval"), ATTEMPTS)
def test_fixed_listener_has_no_suspect(serve: Serve, attempts: int, interval: str) -> None:
    server = after_attempts(serve, "listener_leak/fixed", attempts, interval)
    found = findings(server)
    assert found["suspects"] == []
    assert found["verdict"]["kind"] == "none"
