"""Memory that malloc keeps grows under a real server: that is told, and trimming gives it back."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from traffic import send

if TYPE_CHECKING:
    from serving import Server

    from tests.e2e.conftest import Serve

pytestmark = pytest.mark.e2e

PATIENCE = 120.0  # seconds until it must have been told
REQUESTS = 10
MB = 1 << 20
GROWS = "Memory that malloc keeps and nothing uses grows by "


def report(server: Server) -> dict[str, Any]:
    answer = server.leak("format=json")
    assert answer.status == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def trim(server: Server) -> dict[str, Any]:
    request = urllib.request.Request(
        server.url("/_leak/trim?format=json"),
        method="POST",
        headers={"Authorization": f"Bearer {server.token}"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


def test_fragmentation_is_told_and_trimming_gives_it_back(serve: Serve) -> None:
    server = serve("apps/fragmenting")
    deadline = time.monotonic() + PATIENCE
    while True:
        send(server.url("/receive/1"), REQUESTS)
        found = report(server)
        if found["growth"]["ready"]:  # before that, what came once is told as well
            assert found["suspects"] == []
            assert found["verdict"]["kind"] in ("none", "warm-up", "fragmentation")
        if found["verdict"]["text"].startswith(GROWS):
            break
        assert time.monotonic() < deadline, found["verdict"]["text"]
    verdict = found["verdict"]
    assert (verdict["kind"], verdict["term"]) == ("fragmentation", "c_heap_free")
    assert verdict["confidence"] >= 0.9
    for remedy in ("POST /_leak/trim", "MALLOC_ARENA_MAX", "jemalloc"):
        assert remedy in verdict["advice"]
    free = found["process"]["terms"]["c_heap_free"]
    assert free > 16 * MB
    trimmed = trim(server)
    assert trimmed["problem"] is None
    assert trimmed["released_bytes"] > 0.5 * free
    before, after = trimmed["before"], trimmed["after"]
    assert before["rss"] - after["rss"] == trimmed["released_bytes"]
    assert before["c_heap_free"] - after["c_heap_free"] > 0.5 * free
    assert after["python_objects"] > 0.9 * before["python_objects"]
