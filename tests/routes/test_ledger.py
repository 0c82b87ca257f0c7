from __future__ import annotations

import os
import threading

from hypothesis import given
from hypothesis import strategies as st

from leakguard.routes.ledger import OTHER, UNMATCHED, Ledger, RouteRow


def by_path(flight):
    return flight.scope["path"]


def rows(ledger):
    return {row.route: row for row in ledger.rows()}


def test_a_request_is_in_flight_then_ended():
    ledger = Ledger(by_path)
    flight = ledger.enter({"path": "/a"})
    assert rows(ledger)["/a"] == RouteRow("/a", 0, 0, 1, 0.0)
    ledger.leave(flight, failed=False)
    row = rows(ledger)["/a"]
    assert (row.requests, row.errors, row.in_flight) == (1, 0, 0)
    assert row.mean_seconds > 0


def test_a_route_that_becomes_known_during_the_flight_is_shown_at_once():
    ledger = Ledger(by_path)
    flight = ledger.enter({"path": "(not known yet)"})
    flight.scope["path"] = "/a"
    assert list(rows(ledger)) == ["/a"]
    ledger.leave(flight, failed=False)
    assert list(rows(ledger)) == ["/a"]


def test_errors_are_failures_and_5xx_counted_once():
    ledger = Ledger(by_path)
    for status, failed in [(200, False), (404, False), (500, False), (503, True), (None, True)]:
        flight = ledger.enter({"path": "/a"})
        flight.status = status
        ledger.leave(flight, failed)
    assert (rows(ledger)["/a"].requests, rows(ledger)["/a"].errors) == (5, 3)


def test_duration_ends_with_the_answer_not_with_what_is_done_after_it():
    ledger = Ledger(by_path)
    flight = ledger.enter({"path": "/a"})
    flight.ended = flight.started + 0.25
    ledger.leave(flight, failed=False)
    assert rows(ledger)["/a"].mean_seconds == 0.25


@given(st.lists(st.integers(0, 30), min_size=1), st.integers(1, 10))
def test_rows_are_bounded_and_lose_no_request(paths, limit):
    ledger = Ledger(by_path, max_routes=limit)
    for path in paths:
        ledger.leave(ledger.enter({"path": f"/{path}"}), failed=False)
    ledger.leave(ledger.enter({"path": UNMATCHED}), failed=False)
    for path in paths:
        ledger.enter({"path": f"/flying/{path}"})
    found = ledger.rows()
    assert len(found) <= limit + 2
    assert sum(row.requests for row in found) == len(paths) + 1
    assert sum(row.in_flight for row in found) == len(paths)
    assert UNMATCHED in {row.route for row in found}


def test_what_is_over_the_limit_shares_a_row():
    ledger = Ledger(by_path, max_routes=2)
    for path in "abcdab":
        ledger.leave(ledger.enter({"path": path}), failed=False)
    assert {name: row.requests for name, row in rows(ledger).items()} == {"a": 2, "b": 2, OTHER: 2}


def test_the_busiest_route_comes_first():
    ledger = Ledger(by_path)
    for path in ["/a", "/b", "/b"]:
        ledger.leave(ledger.enter({"path": path}), failed=False)
    assert [row.route for row in ledger.rows()] == ["/b", "/a"]


def test_counts_are_exact_under_threads():
    ledger = Ledger(by_path)
    threads, each = 8, 2_000
    looking = threading.Event()

    def work(number):
        for index in range(each):
            flight = ledger.enter({"path": f"/{index % 5}"})
            flight.status = 500 if index % 10 == number else 200
            ledger.leave(flight, failed=False)

    def look():
        while not looking.is_set():
            assert sum(row.in_flight for row in ledger.rows()) <= threads

    watcher = threading.Thread(target=look)
    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for thread in [watcher, *workers]:
        thread.start()
    for thread in workers:
        thread.join()
    looking.set()
    watcher.join()
    found = ledger.rows()
    assert sum(row.requests for row in found) == threads * each
    assert sum(row.errors for row in found) == threads * each // 10
    assert sum(row.in_flight for row in found) == 0


def test_a_forked_child_has_none_of_the_parents_requests():
    ledger = Ledger(by_path)
    ledger.enter({"path": "/a"})
    child = os.fork()
    if child == 0:
        os._exit(sum(row.in_flight for row in ledger.rows()))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert rows(ledger)["/a"].in_flight == 1
