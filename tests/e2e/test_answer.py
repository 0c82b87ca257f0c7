"""The two forms of the answer, as curl and as a program get them from a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema
import pytest
from traffic import send

from leakguard.report import jsonform

if TYPE_CHECKING:
    from serving import Server

    from tests.e2e.conftest import Serve

pytestmark = pytest.mark.e2e


@pytest.fixture(params=["leaky", "fixed"])
def server(serve: Serve, request: pytest.FixtureRequest) -> Server:
    running = serve(f"global_cache_leak/{request.param}", env={"LEAK_SLOTS": "100000"})
    assert send(running.url("/arr"), 50) == {200: 50}
    return running


def test_json_is_valid_against_the_shipped_schema(server: Server) -> None:
    answer = server.get("/_leak", Authorization=f"Bearer {server.token}", Accept="application/json")
    assert answer.headers["content-type"].startswith("application/json")
    document = answer.json()
    jsonschema.Draft202012Validator(jsonform.schema()).validate(document)
    assert document["process"]["pid"] == server.process.pid
    assert {row["route"] for row in document["routes"]} <= {"GET /arr", "(no request)"}
    assert document["routes"][0]["route"] == "GET /arr"


def test_coverage_is_at_least_nine_tenths(server: Server) -> None:
    assert server.leak("format=json").json()["snapshot"]["coverage"] >= 0.9


def test_text_fits_one_screen(server: Server) -> None:
    answer = server.leak("top=5")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert len(lines) <= 50
    assert max(map(len, lines)) <= 80


def test_without_the_token_nothing_is_told(server: Server) -> None:
    answer = server.get("/_leak")
    assert answer.status == 401
    assert "leaky" not in answer.text
    assert server.token not in server.log()
