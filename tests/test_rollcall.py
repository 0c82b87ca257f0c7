from __future__ import annotations

import time
from pathlib import Path

import pytest

from leakguard import rollcall, workers
from leakguard.workers import Answer, Entry, Facts


def entry(pid, *, ended=None, master=None, ppid=1):
    facts = Facts("shop", pid, ppid, 1, time.time() - 100, "1.0", master)
    return Entry(
        facts, Path("/nowhere"), f"{pid}-a", None if ended is None else time.time() - ended
    )


def words(pid, requests=5, *holders, leaving=False):
    suspects = [
        {
            "fingerprint": holder,
            "kind": "global-cache",
            "holder": holder,
            "retained_bytes": 1000,
            "growth_bytes": 60_000,
        }
        for holder in holders
    ]
    return {
        "leaving": leaving,
        "master": None,
        "figures": {"pid": pid, "requests": requests, "rss_bytes": pid * 1000},
        "findings": {"suspects": suspects, "growth": {"seconds": 60}} if holders else None,
    }


@pytest.fixture
def call(monkeypatch):
    """call(answers, own) -> the workers; no socket is needed for that."""

    def called(answers, own=None, fresh=None):
        def ask_all(entries, verb, timeout):
            assert (verb, timeout) == ("last", 2.0)
            assert entries == [answer.entry for answer in answers]
            return answers

        monkeypatch.setattr(workers, "ask_all", ask_all)
        entries = [answer.entry for answer in answers]
        return rollcall.call("shop", entries, timeout=2.0, own=own, fresh=fresh)

    return called


def test_the_one_that_asks_comes_first_and_is_marked(call):
    found = call([Answer(entry(2), words(2))], own=words(1))
    assert [(row.pid, row.answering, row.requests) for row in found.rows] == [
        (1, True, 5),
        (2, False, 5),
    ]
    assert found.rows[1].up_seconds == pytest.approx(100, abs=30)


def test_a_suspect_of_several_is_named_once(call):
    found = call(
        [
            Answer(entry(2), words(2, 5, "CARTS")),
            Answer(entry(3), words(3, 5, "CARTS", "LOG")),
            Answer(entry(4), words(4)),
            Answer(entry(5, ended=9), None, "ended", words(5, 5, "CARTS")),
        ],
        own=words(1, 5, "CARTS"),
    )
    carts, log = found.suspects
    assert (carts.holder, carts.pids, carts.asked, carts.alive, carts.ended) == (
        "CARTS",
        (1, 2, 3),
        3,
        4,
        1,
    )
    assert (carts.low, carts.high) == (60_000.0, 60_000.0)
    assert log.pids == (3,)


def test_what_was_found_just_now_counts_more_than_what_was_known(call):
    new = words(2, 5, "LOG")["findings"]
    found = call([Answer(entry(2), words(2, 5, "CARTS"))], fresh={2: new})
    assert [one.holder for one in found.suspects] == ["LOG"]


def test_a_worker_that_has_ended_shows_its_last_figures(call):
    found = call([Answer(entry(2, ended=9), None, "worker 2 has ended", words(2))], own=words(1))
    row = found.rows[1]
    assert (row.requests, row.rss_bytes, row.left, row.error) == (5, 2000, False, "")
    assert row.ended_seconds == pytest.approx(9, abs=30)


def test_one_that_hangs_shows_them_too_and_why(call):
    found = call([Answer(entry(2), None, "worker 2 did not answer", words(2))], own=words(1))
    row = found.rows[1]
    assert (row.requests, row.ended_seconds, row.error) == (5, None, "worker 2 did not answer")


def test_one_that_said_nothing_is_listed_all_the_same(call):
    found = call([Answer(entry(2), None, "worker 2 did not answer")], own=words(1))
    assert (found.rows[1].pid, found.rows[1].requests) == (2, None)


def test_a_master_that_serves_nothing_is_no_worker(call):
    answers = [
        Answer(entry(10), words(10, 0)),
        Answer(entry(11, ppid=10), words(11)),
        Answer(entry(12, ppid=10), words(12, 0)),
    ]
    assert [row.pid for row in call(answers).rows] == [11, 12]


def test_a_parent_that_serves_is_one(call):
    answers = [Answer(entry(10), words(10, 3)), Answer(entry(11, ppid=10), words(11))]
    assert [row.pid for row in call(answers).rows] == [10, 11]


def test_who_stopped_with_an_earlier_run_is_left_out_and_who_was_recycled_is_not(call):
    answers = [
        Answer(entry(2, master=7), words(2)),
        Answer(entry(3, ended=5, master=7), None, "", words(3, leaving=True)),
        Answer(entry(4, ended=5, master=6), None, "", words(4, leaving=True)),
        Answer(entry(5, ended=5), None, "", words(5, leaving=True)),
        Answer(entry(6, ended=5), None, "", words(6)),
        Answer(entry(8, ended=5), None, "", words(8, 0)),
    ]
    assert [row.pid for row in call(answers).rows] == [2, 3, 6]
