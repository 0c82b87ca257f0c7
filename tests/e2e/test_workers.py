"""Several workers under a real uvicorn: any of them answers for all, also for those that died."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import time
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from traffic import send

from leakguard import workers
from leakguard.report import jsonform
from leakguard.report import workers as form

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from serving import Server

    from tests.e2e.conftest import Serve

pytestmark = pytest.mark.e2e

WORKERS = 4
PATIENCE = 400.0
HOLDER = "growing.orders"


def until(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)
    return found


def listed(server: Server, query: str = "format=json") -> Any:
    answer = server.leak(query)
    assert answer.status == 200, answer.text
    return answer.json()


def alive(document: Any) -> list[Any]:
    return [row for row in document["workers"] if row["ended_seconds"] is None]


def served(runtime: Path) -> list[int]:
    """How many requests each worker that lives has served, asked over its socket: no snapshot."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        known = [one for one in workers.list_workers() if one.path.is_relative_to(runtime)]
    told = workers.ask_all([one for one in known if one.alive], "figures")
    return [one.answer["requests"] for one in told if one.answer is not None]


def load(server: Server, requests: int) -> None:
    """Until each worker has served so many: which connection goes to which is the system's choice.

    Each request has a connection of its own.
    """

    def enough() -> bool:
        for number in range(20):
            assert send(server.url(f"/orders/{number}"), 1) == {200: 1}
        told = served(server.log_file.parent)
        return len(told) == WORKERS and min(told) >= requests

    until(enough)


@pytest.fixture
def server(serve: Serve) -> Server:
    running = serve(
        "apps/growing",
        env={"LEAKGUARD_COOLDOWN": "2"},
        options=["--workers", str(WORKERS)],
    )
    until(lambda: len(alive(listed(running))) == WORKERS)
    return running


def seen_everywhere(server: Server) -> set[int]:
    """The pids of the workers, when each has been seen to leak: work for each, then a look at each,
    and again, for growth shows in two looks."""
    requests = 0

    def everywhere() -> set[int] | None:
        nonlocal requests
        requests += 60
        load(server, requests)
        document = listed(server, "format=json&worker=all")
        jsonschema.Draft202012Validator(form.schema()).validate(document)
        pids = {row["pid"] for row in alive(document)}
        assert len(pids) == WORKERS
        assert {row["report"]["process"]["pid"] for row in alive(document)} == pids
        found = [one for one in document["merged_suspects"] if one["holder"] == HOLDER]
        assert len(found) <= 1
        # each of them leaks: none is ever taken for one that does not
        told = [(row["report"]["growth"], row["report"]["suspects"]) for row in alive(document)]
        assert all({*one["pids"], *one["undecided"]} == pids for one in found), (found, told)
        return pids if any(set(one["pids"]) == pids for one in found) else None

    pids: set[int] = until(everywhere)
    return pids


def test_any_worker_answers_for_all_and_names_the_leak_once(server: Server) -> None:
    pids = seen_everywhere(server)
    answer = server.leak()
    assert answer.status == 200
    assert re.search(rf"in 4 of 4 workers.*: {HOLDER}", " ".join(answer.text.split())), answer.text
    assert all(f" {pid} " in answer.text for pid in pids)
    assert len(answer.text.splitlines()) <= 50
    assert max(map(len, answer.text.splitlines())) <= 80


def test_each_can_be_asked_through_any(server: Server) -> None:
    for row in alive(listed(server)):
        document = listed(server, f"format=json&worker={row['pid']}")
        jsonschema.Draft202012Validator(jsonform.schema()).validate(document)
        assert document["process"]["pid"] == row["pid"]


def test_a_killed_worker_is_missed_and_its_findings_stay(server: Server) -> None:
    seen_everywhere(server)
    killed = alive(listed(server))[-1]["pid"]
    os.kill(killed, signal.SIGKILL)

    def missed() -> Any:
        rows = {row["pid"]: row for row in listed(server)["workers"]}
        return rows[killed] if rows[killed]["ended_seconds"] is not None else None

    row = until(missed)
    assert not row["left"]
    assert row["suspect"] == HOLDER
    assert f"{killed} ended without a word (killed, or crashed)" in server.leak().text
    last = server.leak(f"worker={killed}").text
    assert f"pid {killed} · CPython" in last
    assert HOLDER in last


def test_the_growth_history_spans_the_recycling(serve: Serve) -> None:
    server = serve(
        "apps/growing",
        env={"LEAKGUARD_COOLDOWN": "0", "LEAKGUARD_BASELINE": "0"},
        options=["--workers", "2", "--limit-max-requests", "150"],
    )

    def third_generation() -> Any:
        """Several looks at each worker, until one of a later generation has just begun."""
        for number in range(30):
            with contextlib.suppress(OSError, http.client.HTTPException):  # the worker goes
                send(server.url(f"/orders/{number}"), 1)
        with contextlib.suppress(OSError, http.client.HTTPException):
            answer = server.leak("format=json")
            document = answer.json() if answer.status == 200 else {}
            growing = document.get("earlier", {"growing": []})["growing"]
            confirmed = any(one["confirmed"] for one in growing if one["holder"] == HOLDER)
            return document if confirmed and not document["growth"]["intervals"] else None
        return None

    document = until(third_generation)
    jsonschema.Draft202012Validator(jsonform.schema()).validate(document)
    gone = [row for row in document["workers"] if row["ended_seconds"] is not None]
    assert all(row["left"] for row in gone)
    assert max(row["requests"] for row in gone) >= 100
    (grew,) = [one for one in document["earlier"]["growing"] if one["holder"] == HOLDER]
    assert grew["generations"] >= 2
    assert grew["low"] > 0
    assert f"in {HOLDER} grew by" in document["verdict"]["text"]
    assert "too young to tell" in document["verdict"]["text"]
