"""A snapshot while it is taken: how far it is; and what one that was kept did cost."""

from __future__ import annotations

import json
import threading
from types import SimpleNamespace

import pytest
from page_tools import Examine, ask, make_endpoint, read

from leakguard import workers

MARKED = [("x-leakguard", "1"), ("accept", "application/json")]


class Slow(Examine):
    """Goes on, share by share, when it is told to."""

    def __init__(self):
        super().__init__()
        self.told, self.go = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, evidence, *, on_progress, **options):
        for share in (0.0, 0.25, 0.75):
            on_progress(share)
            self.told.release()
            assert self.go.acquire(timeout=20)
        return super().__call__(evidence, **options)


def progress(endpoint):
    response = ask(endpoint, path="/progress", headers=[("accept", "*/*")])
    assert response.status == 200
    return json.loads(response.body)


def test_nothing_runs_and_nothing_is_known(endpoint):
    told = progress(endpoint)
    assert (told["running"], told["share"], told["seconds"]) == (False, None, None)
    assert told["expected_seconds"] is None


def test_the_share_that_is_done_is_told():
    examine = Slow()
    endpoint = make_endpoint(examine)
    taken = endpoint._watch.reports.get()
    for share in (0.0, 0.25, 0.75):
        assert examine.told.acquire(timeout=20)
        told = progress(endpoint)
        assert (told["running"], told["share"]) == (True, share)
        assert told["seconds"] >= 0
        examine.go.release()
    assert taken.result(20).result is examine.findings
    told = progress(endpoint)
    assert not told["running"]
    assert told["expected_seconds"] == 0.2  # as long as the last one


def test_one_that_failed_runs_no_more(examine):
    endpoint = make_endpoint(examine)
    examine.findings = None  # it has no snapshot to tell of
    assert ask(endpoint, path="/snapshot", method="POST", headers=MARKED).status == 500
    assert not progress(endpoint)["running"]


def test_another_worker_s_is_told_where_this_one_takes_none(endpoint, monkeypatch):
    told = {"pid": 4242, "running": True, "share": 0.5, "seconds": 1.0, "expected_seconds": None}
    answers = [SimpleNamespace(answer=one) for one in (None, {"running": False}, told)]
    monkeypatch.setattr(workers, "ask_all", lambda *_, **__: answers)
    assert progress(endpoint) == told


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_second_press_does_not_repeat_the_cost_of_the_first(endpoint, examine, lang):
    query = f"format=html&fresh=1&lang={lang}"
    first, second = (read(ask(endpoint, query).body).one(id="lg-snapshot") for _ in range(2))
    assert examine.calls == 1
    cost, none = {
        "en": ("This snapshot paused", "No new snapshot was taken"),
        "zh": ("这次快照", "没有进行新"),
    }[lang]
    assert cost in first.text
    assert cost not in second.text
    assert none in second.text


def test_progress_needs_the_token(endpoint):
    assert ask(endpoint, path="/progress", token=None).status == 401
