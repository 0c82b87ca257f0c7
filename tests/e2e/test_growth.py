"""What grows under a real server: leaks are named and measured, what only looks alike is not."""

from __future__ import annotations

import http.client
import json
import time
import urllib.request
from contextlib import closing
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from leakguard.report import baseline, diff, jsonform, trim

if TYPE_CHECKING:
    from serving import Server

    from tests.e2e.conftest import Serve

pytestmark = pytest.mark.e2e

ORDER_BYTES = 4_000 + 1 + 57 + 48 + 24  # payload and its end, bytearray, order, number, list item
ROUNDS, REQUESTS = 6, 170


class Traffic:
    """Asks for each path in turn."""

    def __init__(self, server: Server) -> None:
        self._port = server.port
        self._number = 0

    def send(self, rounds: int, *paths: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        with closing(connection):
            for _ in range(rounds):
                self._number += 1
                for path in paths:
                    connection.request("GET", f"/{path}/{self._number}")
                    response = connection.getresponse()
                    response.read()
                    assert response.status == 200


def post(server: Server, path: str) -> dict[str, Any]:
    request = urllib.request.Request(
        server.url(f"/_leak/{path}?format=json"),
        method="POST",
        headers={"Authorization": f"Bearer {server.token}"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


def report(server: Server) -> dict[str, Any]:
    answer = server.leak("format=json")
    assert answer.status == 200, answer.text
    document: dict[str, Any] = answer.json()
    jsonschema.Draft202012Validator(jsonform.schema()).validate(document)
    return document


def holders(document: dict[str, Any]) -> list[str]:
    return [suspect["holder"] for suspect in document["suspects"]]


def test_two_leaks_are_named_in_order_beside_all_that_is_quiet(serve: Serve) -> None:
    server = serve("apps/growing")
    traffic = Traffic(server)
    prints = set()
    for number in range(1, ROUNDS + 1):
        traffic.send(REQUESTS, "orders", "audit", "quiet")
        found = report(server)
        if number >= 2:
            assert holders(found)[0] == "growing.orders"
            prints.add(found["suspects"][0]["fingerprint"])
        if number >= 4:
            assert holders(found) == ["growing.orders", "growing.audit_log"]
            assert found["growth"]["ready"]
    assert len(prints) == 1
    first = found["suspects"][0]
    # the first interval is left out: it may have seen a start
    gained = (ROUNDS - 2) * REQUESTS
    assert first["growth_bytes"] == pytest.approx(gained * ORDER_BYTES, rel=0.1)
    assert first["bytes_per_request"] == pytest.approx(ORDER_BYTES, rel=0.1)
    assert first["routes"][0]["route"] == "GET /orders/{n}"
    assert first["confidence"] > 0.7
    # asked again at once the answer is the same
    again = report(server)
    assert holders(again) == holders(found)
    assert again["suspects"][0]["fingerprint"] == first["fingerprint"]
    assert server.log() == ""


def test_a_quiet_application_has_no_suspect(serve: Serve) -> None:
    server = serve("apps/growing")
    traffic = Traffic(server)
    traffic.send(150, "quiet")
    post(server, "baseline")
    for number in range(1, ROUNDS + 1):
        traffic.send(REQUESTS, "quiet")
        found = report(server)
        if number >= 3:
            assert found["growth"]["ready"]
            assert holders(found) == []


def test_a_baseline_is_taken_by_itself_and_a_difference_told(serve: Serve) -> None:
    server = serve("apps/growing")
    traffic = Traffic(server)
    deadline = time.monotonic() + 120
    answer = None
    while answer is None or answer.status == 404:
        assert time.monotonic() < deadline, "no baseline was taken"
        traffic.send(20, "orders", "quiet")
        time.sleep(0.2)
        answer = server.get("/_leak/diff", Authorization=f"Bearer {server.token}")
        if answer.status == 404 and "There is 1" in answer.text:
            break
    traffic.send(200, "orders", "quiet")
    found = report(server)
    assert found["growth"]["snapshots"] >= 2
    assert holders(found)[0] == "growing.orders"
    told = server.get("/_leak/diff?format=json", Authorization=f"Bearer {server.token}").json()
    jsonschema.Draft202012Validator(diff.schema()).validate(told)
    assert told["from"]["id"] == 1
    orders = next(row for row in told["holders"] if row["holder"] == "growing.orders")
    assert orders["growth_bytes"] >= 200 * ORDER_BYTES * 0.9


def test_a_new_baseline_and_trimming(serve: Serve) -> None:
    server = serve("apps/growing")
    traffic = Traffic(server)
    traffic.send(300, "orders", "quiet")
    report(server)
    begun = post(server, "baseline")
    jsonschema.Draft202012Validator(baseline.schema()).validate(begun)
    assert begun["baseline"]["id"] == 2
    traffic.send(200, "orders", "quiet")
    found = report(server)
    assert found["growth"]["snapshots"] == 2
    assert found["suspects"][0]["holder"] == "growing.orders"
    assert found["suspects"][0]["growth_bytes"] == pytest.approx(200 * ORDER_BYTES, rel=0.1)
    trimmed = post(server, "trim")
    jsonschema.Draft202012Validator(trim.schema()).validate(trimmed)
    assert trimmed["after"]["rss"] > 0
