"""What other workers have to say, as the endpoint tells it. Real ones are in tests/e2e."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import jsonschema
import pytest

from leakguard import workers
from leakguard.report import jsonform
from leakguard.report import workers as form
from leakguard.workers import Answer, Entry, Facts, WorkerError


@pytest.fixture
def team(monkeypatch, examine):
    """team.alive and team.dead: the other workers; team.asked: what they were asked."""
    return Team(monkeypatch)


class Team:
    def __init__(self, monkeypatch):
        self.alive, self.dead, self.asked, self.errors = {}, {}, [], {}
        for name in ("list_workers", "ask", "ask_all", "last_words"):
            monkeypatch.setattr(workers, name, getattr(self, name))

    def list_workers(self, folder):
        now = time.time()
        return [
            Entry(Facts("shop", pid, 1, 1, now, "1.0"), Path("/nowhere"), f"{pid}-a", ended)
            for pids, ended in ((self.alive, None), (self.dead, now))
            for pid in pids
        ]

    def last_words(self, entry):
        return (self.alive | self.dead).get(entry.pid)

    def ask(self, entry, verb, timeout, **arguments):
        self.asked.append((entry.pid, verb, timeout, arguments))
        if not entry.alive:
            raise WorkerError(f"worker {entry.pid} has ended")
        if entry.pid in self.errors:
            raise WorkerError(self.errors[entry.pid])
        if verb == "last":
            return self.alive[entry.pid]
        return {"document": self.alive[entry.pid]["findings"], "text": f"report of {entry.pid}\n"}

    def ask_all(self, entries, verb, timeout, **arguments):
        answers = []
        for entry in entries:
            try:
                answers.append(Answer(entry, self.ask(entry, verb, timeout, **arguments)))
            except WorkerError as error:
                answers.append(Answer(entry, None, str(error), self.last_words(entry)))
        return answers


def words(make_endpoint, ask, pid):
    document = ask(make_endpoint(cooldown=0), "format=json").body
    findings = {**json.loads(document), "routes": []}
    findings["process"]["pid"] = pid
    figures = {"pid": pid, "requests": 7, "rss_bytes": 1 << 20, "snapshot_age_seconds": 3.0}
    return {"leaving": False, "figures": figures, "findings": findings, "findings_at": time.time()}


@pytest.fixture
def known(make_endpoint, ask):
    """known(pid) -> what a worker of that pid has found."""
    return lambda pid: words(make_endpoint, ask, pid)


def test_alone_there_is_no_table(make_endpoint, ask, team):
    answer = ask(make_endpoint())
    assert b"worst suspect" not in answer.body
    (row,) = json.loads(ask(make_endpoint(), "format=json").body)["workers"]
    assert (row["pid"], row["answering"]) == (os.getpid(), True)


def test_the_others_stand_above_the_report_of_this_one(make_endpoint, ask, team, known):
    team.alive[77] = known(77)
    team.dead[78] = known(78)
    text = ask(make_endpoint()).body.decode()
    assert "2 workers, 1 ended lately" in text.splitlines()[0]
    assert "78 ended without a word (killed, or crashed), just now." in text
    assert "in 2 of 2 workers and in 1 that ended: shop.cart.CARTS1" in text
    assert f"pid {4242} · CPython" in text  # that of the findings
    assert len(text.splitlines()) <= 50


def test_the_same_in_json(make_endpoint, ask, team, known):
    team.alive[77] = known(77)
    document = json.loads(ask(make_endpoint(), "format=json&top=1").body)
    jsonschema.Draft202012Validator(jsonform.schema()).validate(document)
    assert [row["pid"] for row in document["workers"]] == [os.getpid(), 77]
    assert len(document["suspects"]) == 1
    assert document["merged_suspects"][0]["pids"] == sorted([os.getpid(), 77])


WANTED = {"top": 3, "text": True, "width": 80, "height": 50, "colour": False}


def test_one_worker_can_be_asked_through_another(make_endpoint, ask, team, known, examine):
    team.alive[77] = known(77)
    before = len(examine.calls)
    endpoint = make_endpoint(timeout=9)
    assert ask(endpoint, "worker=77&top=3").body == b"report of 77\n"
    assert json.loads(ask(endpoint, "worker=077&format=json").body)["process"]["pid"] == 77
    assert team.asked[:2] == [(77, "figures", 5.0, {}), (77, "report", 9.0, WANTED)]
    assert len(examine.calls) == before


def test_asking_for_the_one_that_answers_is_asking_as_usual(make_endpoint, ask, team):
    assert b"CPython" in ask(make_endpoint(), f"worker={os.getpid()}").body
    assert team.asked == []


def test_of_one_that_has_ended_the_last_findings_are_told(make_endpoint, ask, team, known):
    team.dead[78] = known(78)
    text = ask(make_endpoint(), "worker=78&top=1").body.decode()
    assert "pid 78 · CPython" in text
    assert "this worker has ended: these are its last findings" in text
    assert "shop.cart.CARTS1" in text
    assert "shop.cart.CARTS2" not in text


def test_of_one_that_was_never_looked_at_there_are_none(make_endpoint, ask, team):
    team.dead[78] = {"leaving": False, "figures": {"requests": 1}, "findings": None}
    answer = ask(make_endpoint(), "worker=78")
    assert (answer.status, b"no snapshot of it was ever taken" in answer.body) == (404, True)


def test_an_unknown_one_is_told_who_there_is(make_endpoint, ask, team, known):
    team.alive[77] = known(77)
    answer = ask(make_endpoint(), "worker=5")
    assert answer.status == 404
    assert set(answer.body.decode().rstrip(".\n").rpartition("there are ")[2].split(", ")) == {
        "77",
        str(os.getpid()),
    }


@pytest.mark.parametrize("value", ["", "x", "-1", "1.5", "ALL", "1" * 11, "%C2%B2"])
def test_what_is_no_worker_is_a_bad_request(make_endpoint, ask, team, value):
    answer = ask(make_endpoint(), f"worker={value}")
    assert answer.status == 400
    assert b"worker must be 'all' or the pid of a worker" in answer.body


def test_one_that_fails_says_why(make_endpoint, ask, team, known):
    team.alive[77] = known(77)
    team.errors[77] = "worker 77 did not answer within 60 s"
    answer = ask(make_endpoint(), "worker=77")
    assert (answer.status, answer.body) == (
        503,
        b"No report: worker 77 did not answer within 60 s.\n",
    )


@pytest.mark.parametrize("query", ["worker=77", "worker=all"])
def test_one_that_stands_still_is_not_waited_for_as_long_as_a_snapshot(
    make_endpoint, ask, team, known, query
):
    team.alive[77] = known(77)
    team.errors[77] = "worker 77 did not answer within 5 s"
    ask(make_endpoint(timeout=60), query)
    assert ("report" in {verb for _, verb, _, _ in team.asked}) is False
    assert max(timeout for _, _, timeout, _ in team.asked) <= 5


def test_all_are_asked_for_a_report(make_endpoint, ask, team, known):
    team.alive |= {77: known(77), 79: known(79)}
    team.errors[79] = "worker 79 hangs"
    team.dead[78] = known(78)
    document = json.loads(ask(make_endpoint(), "worker=all&format=json").body)
    jsonschema.Draft202012Validator(form.schema()).validate(document)
    told = {row["pid"]: (row["error"], "report" in row) for row in document["workers"]}
    assert told == {
        os.getpid(): ("", True),
        77: ("", True),
        79: ("worker 79 hangs", False),
        78: ("", False),
    }


def test_the_report_below_is_that_of_the_worker_that_has_it_worst(make_endpoint, ask, team, known):
    team.alive[77] = known(77)
    for suspect in team.alive[77]["findings"]["suspects"]:
        suspect["retained_bytes"] *= 3
    text = ask(make_endpoint(), "worker=all").body.decode()
    assert "in 2 of 2 workers: shop.cart.CARTS" in text
    assert text.endswith("report of 77\n")


def test_all_may_fail(make_endpoint, ask, team, known, examine):
    team.alive[77] = known(77)
    team.errors[77] = "worker 77 hangs"
    examine.error = KeyError("x")
    answer = ask(make_endpoint(), "worker=all")
    assert answer.status == 200
    assert "worker 77 hangs; its last figures are shown." in answer.body.decode()
    assert "The snapshot failed (KeyError)" in answer.body.decode()
