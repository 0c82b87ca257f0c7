"""Small lines of memory over time: of each worker, and of each route."""

from __future__ import annotations

import dataclasses
import os
import time

import pytest
from page_tools import ask, make_endpoint, read

from leakguard.endpoint import past
from leakguard.page import figures
from leakguard.page.catalogue import words
from leakguard.page.facts import Facts, Point
from leakguard.page.static import Bundle
from leakguard.page.tables import Tables
from leakguard.process.terms import Terms
from leakguard.report.routes import MemoryRow, Row
from leakguard.report.workers import WorkerRow, Workers


def heights(line):
    pairs = read(line).one("polyline").attributes["points"].split()
    return [float(pair.split(",")[1]) for pair in pairs]


def facts(**changes):
    return Facts(Bundle({}, {}), "en", "./", {}, **{"now": 1100.0, **changes})


def route(name, live=0, pace=None, confidence=None, suspects=None):
    memory = MemoryRow(live, 0, 1.0, pace, confidence, (), suspects=suspects)
    return Row(name, 10, 0, 0, 0.1, memory)


@pytest.mark.parametrize("count", [0, 1, 2, 24, 25, 500])
def test_few_points_keep_the_first_and_the_last(count):
    told = past.few([(float(at), 1000 + at) for at in range(count)], float(count))
    assert len(told) == min(count, past.FEW_POINTS)
    if count:
        assert told[0] == (float(count), 1000)
        assert told[-1] == (1.0, 999 + count)
    assert told == sorted(told, reverse=True)
    assert past.few([(1.0, None), (2.0, 0)], 3.0) == []


def test_what_hardly_moves_looks_flat_and_what_grows_rises():
    steady = [(float(at), 100_000_000 + at % 3 * 100_000) for at in range(20)]
    grown = [(float(at), 100_000_000 + at * 10_000_000) for at in range(20)]
    flat = heights(figures.spark(steady, "x", from_zero=False))
    steep = heights(figures.spark(grown, "x", from_zero=False))
    assert max(flat) - min(flat) < 2
    assert steep == sorted(steep, reverse=True)
    assert steep[0] - steep[-1] == pytest.approx(18, abs=0.2)
    assert all(1 <= one <= 19 for one in flat + steep)


def test_every_worker_has_its_line(endpoint, monkeypatch):
    points = ((60.0, 100 << 20), (30.0, 150 << 20), (0.5, 200 << 20))
    rows = (WorkerRow(os.getpid()), WorkerRow(4242, rss_points=points))
    monkeypatch.setattr(endpoint._team, "roll", lambda fresh=None: Workers("app", rows))
    own, other = read(ask(endpoint).body).one("section", id="lg-workers").one("tbody").all("tr")
    assert own.one("td", class_="trend").text == "–"
    told = other.one("svg", class_="spark").attributes["aria-label"]
    assert told == "From 105 MB to 210 MB in 1 min 00 s"


def test_a_worker_tells_its_memory_over_time(endpoint):
    history = endpoint._watch.timeline.history
    for at in range(100):
        history.add(Terms(float(at), 1000 + at, 50, 10, 30, 5, 3, 2))
    points = endpoint._team.roll().rows[0].rss_points
    assert len(points) == past.FEW_POINTS
    assert [points[0][1], points[-1][1]] == [1000, 1099]


def test_routes_are_sorted_by_growth_and_each_has_a_line():
    rows = [
        route("GET /still", 900),
        route("GET /slow", 10, 5.0, 0.99),
        route("GET /fast", 5, 50.0, 0.99),
        route("GET /unsure", 1000, 5000.0, 0.4),
        route("GET /suspected", 5, 20.0, 0.4, (1,)),
    ]
    past_of = {row.route: [(1000.0, 1), (1050.0, 3)] for row in rows}
    tables = Tables(facts(routes=rows, route_history=past_of), words("en"))
    assert [row.route for row in tables.routes()] == [
        *("GET /fast", "GET /suspected", "GET /slow", "GET /unsure", "GET /still")
    ]
    assert len(heights(tables.trend(rows[0]))) == 3  # until now
    assert tables.trend(dataclasses.replace(rows[0], route="GET /new")) == "–"


def test_a_route_s_line_begins_with_nothing_when_the_process_was_first_looked_at():
    row, first = route("GET /a", 500), [Point(990.0, 1, {})]
    new = Tables(facts(history=first), words("en")).trend(row)
    assert read(new).one("svg").attributes["aria-label"] == "From 0 B to 500 B in 1 min 50 s"
    for at, start in ((1000.0, 0), (980.0, 7)):
        known = facts(history=first, route_history={"GET /a": [(at, 7)]})
        told = read(Tables(known, words("en")).trend(row)).one("svg").attributes["aria-label"]
        assert told.startswith(f"From {start} B to 500 B")


def test_a_line_needs_one_point_in_the_past():
    row = route("GET /a", 500)
    tables = Tables(facts(route_history={"GET /a": [(1000.0, 0)]}), words("zh"))
    (line,) = read(tables.trend(row)).all("svg")
    assert line.attributes["aria-label"] == "1 min 40 s 内从 0 B 到 500 B"


def test_a_route_with_a_point_has_its_line_on_the_page(examine):
    now = time.time()
    endpoint = make_endpoint(examine, history={"GET /cart/{n}": [(now - 20, 1), (now - 9, 7)]})
    row = read(ask(endpoint).body).one("tr", data_route="GET /cart/{n}")
    assert len(row.all("polyline")) == 1
