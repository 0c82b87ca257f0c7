"""What is remembered of memory over time, and the limit that it is held against."""

from __future__ import annotations

import json
import time

import pytest
from page_tools import ask, read

from leakguard import process
from leakguard.endpoint import past
from leakguard.endpoint.timeline import Timeline
from leakguard.page import figures
from leakguard.page.facts import Point
from leakguard.process.limit import memory_limit
from leakguard.process.split import even
from leakguard.process.terms import Terms
from leakguard.routes.history import Held
from leakguard.routes.history import Point as RoutePoint
from leakguard.routes.memory import MemoryBook


def terms(at, rss=100, large=None):
    made = Terms(at, rss, 50, 10, 30, 5, 3, 2)
    return made if large is None else made.with_heap(50 + large)


def test_history_is_json_in_times_of_the_clock(endpoint):
    before = time.time()
    endpoint._watch.timeline.history.add(process.terms())
    assert ask(endpoint, "format=json").status == 200
    told = json.loads(ask(endpoint, path="/history").body)
    assert set(told) >= {"started", "now", "memory_limit", "points", "routes", "snapshots"}
    assert before - 60 <= told["started"] <= told["now"] <= time.time() + 1
    assert len(told["points"]) == 2
    for point in told["points"]:
        assert before - 1 <= point["at"] <= time.time() + 1
        assert set(point["terms"]) == set(process.TERM_NAMES)
    assert told["routes"] == [
        {"route": "GET /cart/{n}", "points": [[1000.0, 10], [1010.0, 20], [1020.0, 30]]}
    ]


def test_history_is_bounded(endpoint):
    timeline = endpoint._watch.timeline
    for at in range(5000):
        timeline.history.add(terms(float(at)))
    routes = {f"GET /{n}": [(float(at), n) for at in range(32)] for n in range(500)}
    told = past.document(timeline, routes, 1)
    assert len(told["points"]) <= 720
    assert len(told["routes"]) == past.MOST_ROUTES
    assert told["routes"][0]["route"] == "GET /499"
    assert len(json.dumps(told)) < 1_000_000


def test_points_are_split_in_one_way():
    points = [terms(0.0), terms(1.0, large=10), terms(2.0), terms(3.0, large=20), terms(4.0)]
    assert [one.python_objects for one in even(points)] == [60, 60, 65, 70, 70]
    assert [one.c_heap_in_use for one in even(points)] == [20, 20, 15, 10, 10]
    assert [one.python_objects for one in even(points[:2])] == [60, 60]
    assert [one.python_objects for one in even([terms(0.0)])] == [50]
    assert even([]) == []


def test_a_timeline_without_points_has_an_empty_history():
    told = past.document(Timeline(), {}, 1)
    assert (told["points"], told["routes"], told["snapshots"]) == ([], [], [])


def test_a_route_s_past_is_what_was_held():
    book = MemoryBook()
    for at in range(3):
        book._all.add(RoutePoint(float(at), {7: Held(100.4 * at, 1.0)}))
    assert book.past() == [(0.0, {7: 0}), (1.0, {7: 100}), (2.0, {7: 201})]


@pytest.mark.parametrize(
    ("files", "own", "limit"),
    [
        ({}, "0::/\n", None),
        ({"memory.max": "max\n"}, "0::/\n", None),
        ({"memory.max": "536870912\n"}, "0::/\n", 536870912),
        ({"a/memory.max": "300\n", "a/b/memory.max": "max\n"}, "0::/a/b\n", 300),
        ({"a/memory.max": "300\n", "a/b/memory.max": "200\n"}, "0::/a/b\n", 200),
        ({"memory.max": "100\n", "a/memory.max": "200\n"}, "0::/a\n", 100),
        ({"memory/memory.limit_in_bytes": "9223372036854771712\n"}, "5:memory:/\n", None),
        ({"memory/memory.limit_in_bytes": "700\n"}, "5:memory:/docker/x\n", 700),
        ({"memory/a/memory.limit_in_bytes": "600\n"}, "5:cpu,memory:/a\n4:cpu:/b\n", 600),
        ({"memory/b/memory.limit_in_bytes": "600\n"}, "5:memory:/a\n4:cpu:/b\n", None),
        ({"memory.max": "12x\n"}, "0::/../..\n", None),
        ({"memory.max": "400\n"}, None, 400),
    ],
)
def test_the_limit_of_the_control_group(tmp_path, monkeypatch, files, own, limit):
    monkeypatch.setattr("leakguard.process.limit._of_process", list)
    root = tmp_path / "cgroup"
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    told = tmp_path / "self"
    if own is not None:
        told.write_text(own)
    assert memory_limit(root, told) == limit


@pytest.mark.parametrize(
    ("part", "state"), [(0.2, "calm"), (0.59, "calm"), (0.6, "warm"), (0.85, "hot"), (2.0, "hot")]
)
def test_a_worker_s_state_is_by_its_part_of_the_limit(endpoint, monkeypatch, part, state):
    rss = 600_000
    monkeypatch.setattr("leakguard.endpoint.shown.memory_limit", lambda: int(rss / part))
    monkeypatch.setattr("leakguard.endpoint.standing.resident", lambda: _Resident(rss))
    row = read(ask(endpoint).body).one("section", id="lg-workers").one("tbody").one("tr")
    assert row.attributes["data-state"] == state
    words = {"calm": "calm", "warm": "above 60 %", "hot": "above 85 %"}
    assert words[state] in row.text


class _Resident:
    def __init__(self, total):
        self.total = total


def test_charts_need_points_and_stay_in_their_frame():
    few = [Point(float(at), 10, dict.fromkeys(process.TERM_NAMES, 1)) for at in range(2)]
    assert figures.areas(few, "x") == ""
    assert figures.spark([(0.0, 1)], "x") == figures.spark([(1.0, 1), (1.0, 2)], "x") == ""
    many = [
        Point(float(at), at + 1, dict.fromkeys(process.TERM_NAMES, None) | {"rest": at})
        for at in range(1000)
    ]
    chart = read(figures.areas(many, 'a "label"')).one("svg")
    assert chart.attributes["aria-label"] == 'a "label"'
    for polygon in chart.all("polygon"):
        for pair in polygon.attributes["points"].split():
            x, y = map(float, pair.split(","))
            assert 0 <= x <= figures.WIDTH
            assert 0 <= y <= figures.HEIGHT
    assert len(str(figures.areas(many, ""))) < 40_000
