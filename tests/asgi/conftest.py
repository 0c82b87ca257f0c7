from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import httpx
import pytest

from leakguard import pipeline
from leakguard.analyser import Examined
from leakguard.analysis.findings import Findings, ProcessFacts, SnapshotFacts, Verdict

sys.path.append(str(Path(__file__).parent))  # the scopes beside this file: tests are no package

BEARER = {"authorization": "Bearer a-token-that-nobody-may-see"}


@pytest.fixture(autouse=True)
def alone(on_its_own):
    pass


@pytest.fixture(autouse=True)
def examine(monkeypatch):
    def fake(evidence, **options):
        return Examined(
            Findings(
                ProcessFacts(1, "host-1", "3.12.1", 1.0, 1 << 20),
                SnapshotFacts("fork", 0.003, 0.2, 10, 9, 30, 1 << 20, 0.96),
                Verdict("none", "Nothing stands out.", 0.8),
                (),
                (),
            )
        )

    monkeypatch.setattr(pipeline, "examine_with", fake)
    return fake


@pytest.fixture
def ask():
    """ask(app, *paths, ...) -> the response of the app to each."""
    return _ask


@pytest.fixture
def figures():
    """figures(app) -> requests, errors, in flight of each route, as the endpoint tells them."""
    return _figures


@pytest.fixture
def recorded():
    """recorded(app, scope, incoming messages) -> the messages that the app sent."""
    return _recorded


def _ask(app, *paths, method="GET", raise_errors=False, root_path="", **keywords):
    async def run():
        transport = httpx.ASGITransport(app, raise_app_exceptions=raise_errors, root_path=root_path)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return [await client.request(method, path, **keywords) for path in paths]

    responses = asyncio.run(run())
    return responses[0] if len(responses) == 1 else responses


def _figures(app):
    routes = _ask(app, "/_leak?format=json", headers=BEARER).json()["routes"]
    return {
        row["route"]: (row["requests"], row["errors"], row["in_flight"])
        for row in routes
        if row["route"] != "(no request)"  # there whenever something outside is sampled
    }


def _recorded(app, scope, incoming):
    queue = list(incoming)
    sent = []

    async def receive():
        return queue.pop(0) if queue else {"type": f"{scope['type']}.disconnect"}

    async def send(message):
        sent.append(message)

    asyncio.run(app(dict(scope), receive, send))
    return sent
