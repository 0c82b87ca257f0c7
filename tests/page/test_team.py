"""Whichever worker is reached, the page is of the one that was looked at last."""

from __future__ import annotations

import dataclasses
import json
import os

import pytest
from page_tools import ask, make_endpoint, make_findings, make_suspect, read

from leakguard.analysis.evidence import TermMove
from leakguard.endpoint import newest
from leakguard.endpoint.shown import Shown
from leakguard.page.facts import Snapshot
from leakguard.report import Report, jsonform
from leakguard.report import routes as route_rows
from leakguard.report.routes import LineRow, MemoryRow, Row
from leakguard.report.workers import WorkerRow, Workers

OTHER = 4242
ROWS = [
    Row("GET /a", 5, 1, 0, 0.1, None),
    Row("GET /b", 5, 1, 0, 0.1, MemoryRow(10, 1, 2.5, None, None, (LineRow("f", 1, "g", 4),))),
    Row(
        "GET /c",
        5,
        1,
        0,
        0.1,
        MemoryRow(10, 1, 2.5, 6.5, 0.99, (LineRow("f", 1, "g", 4, 0.5),), 9, 1, (1, 2)),
    ),
]


def shown_by(pid, **changes):
    report = Report(make_findings(suspects=[make_suspect(holder="other.HOLDER")]), age_seconds=3.0)
    document = jsonform.to_dict(report)
    # In a report, lines that no image told have no share.
    document["routes"] = [route_rows.to_dict(row) for row in ROWS]
    known = Shown(
        pid,
        report,
        document,
        {"pid": pid, "points": [], "routes": [], "snapshots": []},
        ROWS,
        {"rss": 100, "rest": 100},
        (TermMove("rest", 1, 2.0, 3.0, 4.0, 5.0, 6.0, 0.5, True),),
        [(0.1, 0.2)],
        [Snapshot(1, 2.0, 3)],
        1 << 30,
    )
    return dataclasses.replace(known, **changes)


@pytest.mark.parametrize("changes", [{}, {"report": None, "document": None, "past": None}])
def test_what_is_told_arrives_as_it_was(changes):
    told = shown_by(OTHER, **changes)
    arrived = Shown.from_dict(OTHER, json.loads(json.dumps(told.to_dict())), "")
    assert arrived.routes == ROWS
    assert arrived.snapshots == told.snapshots
    assert arrived.trends == told.trends
    assert (arrived.costs, arrived.limit, arrived.terms) == (told.costs, told.limit, told.terms)
    assert arrived.document == told.document
    if told.report is not None:
        assert arrived.report.findings == told.report.findings
        assert arrived.report.age_seconds == 3.0


@pytest.mark.parametrize(
    ("ages", "pid"),
    [
        ({1: None, 2: None}, 1),
        ({1: 5.0, 2: None}, 1),
        ({1: None, 2: 5.0}, 2),
        ({1: 9.0, 2: 5.0, 3: 7.0}, 2),
        ({1: 5.0, 2: 5.0}, 1),
    ],
)
def test_the_one_that_was_looked_at_last_is_shown(ages, pid):
    rows = [WorkerRow(one, snapshot_age_seconds=age) for one, age in ages.items()]
    ended = WorkerRow(8, snapshot_age_seconds=0.1, ended_seconds=1.0)
    silent = WorkerRow(9, snapshot_age_seconds=0.1, error="does not answer")
    assert newest.newest_pid(Workers("app", (*rows, ended, silent)), 1) == pid


@pytest.fixture
def beside(endpoint, monkeypatch):
    """The endpoint, beside another worker that was looked at just now."""
    rows = (WorkerRow(os.getpid()), WorkerRow(OTHER, snapshot_age_seconds=1.0, suspect="other"))
    monkeypatch.setattr(endpoint._team, "roll", lambda fresh=None: Workers("app", rows))
    monkeypatch.setattr(newest, "of_worker", lambda crew, pid: shown_by(pid))
    return endpoint


def test_another_worker_s_findings_are_shown(beside):
    page = read(ask(beside).body)
    assert page.one("body").attributes["data-pid"] == str(OTHER)
    assert "other.HOLDER" in page.one("h1").text
    assert "GET /c" in page.one("section", id="lg-routes").text
    assert json.loads(ask(beside, path="/latest").body)["suspects"][0]["holder"] == "other.HOLDER"
    assert json.loads(ask(beside, path="/history").body)["pid"] == OTHER


def test_this_worker_s_are_shown_where_they_are_wanted(beside):
    page = read(ask(beside, f"format=html&worker={os.getpid()}").body)
    assert page.one("body").attributes["data-pid"] == str(os.getpid())
    assert "Nobody has looked" in page.one("h1").text
    assert ask(beside, f"worker={os.getpid()}", path="/latest").status == 404
    history = json.loads(ask(beside, f"worker={os.getpid()}", path="/history").body)
    assert history["pid"] == os.getpid()


def test_a_snapshot_for_the_page_is_this_worker_s(beside):
    page = read(ask(beside, "format=html&fresh=1").body)
    assert "shop.cart.CARTS1" in page.one("h1").text


def test_other_workers_are_linked(beside):
    link = read(ask(beside, f"format=html&worker={os.getpid()}").body).one("a", class_="look")
    assert f"worker={OTHER}" in link.attributes["href"]


def test_a_worker_that_there_is_not_is_told_of(examine):
    response = ask(make_endpoint(examine), "format=html&worker=1")
    assert response.status == 404
    assert "There is no worker 1" in read(response.body).one("main").text
