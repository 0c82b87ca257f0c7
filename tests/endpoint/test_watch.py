"""The snapshots that a server takes by itself, one at a time with those that are asked for."""

from __future__ import annotations

import os
import threading

import pytest

from leakguard.analysis.route_findings import GrowthFacts
from leakguard.endpoint.watch import Watch
from leakguard.errors import CaptureError
from leakguard.settings import Settings


@pytest.fixture
def make_watch(examine, clock):
    """make_watch(**options) -> a watch over `watch.requests` requests, and its ticks waited for."""
    examine.summary = b"a summary"

    def make(**options):
        requests = {"GET /": 0}
        watch = Watch(Settings.build(**options), lambda: requests, examine, clock=clock)

        def tick(served, later=1.0):
            requests["GET /"] += served
            clock.now += later
            watch.tick()
            with watch._ticking:
                pass

        return watch, tick

    return make


def test_a_baseline_is_taken_by_itself_after_warm_up(make_watch, examine):
    watch, tick = make_watch()
    for _ in range(10):
        tick(20)
    assert examine.calls == []
    tick(20)
    assert [kept.requests for kept in watch.timeline.kept()] == [220]
    assert examine.calls[0]["evidence"].summaries == ()


def test_none_is_taken_when_it_is_switched_off(make_watch, examine):
    watch, tick = make_watch(baseline=False)
    for _ in range(100):
        tick(50)
    assert examine.calls == []
    # the memory is looked at all the same
    assert len(watch.timeline.history.points()) > 3


def test_without_requests_there_is_nothing_new_to_see(make_watch, examine):
    _, tick = make_watch()
    tick(200, later=20)
    tick(200, later=20)
    for _ in range(100):
        tick(0, later=60)
    assert len(examine.calls) == 1


def test_a_baseline_after_warm_up_replaces_an_answer_during_start_up(make_watch, examine):
    watch, tick = make_watch()
    tick(20)
    watch.reports.get().result(20)
    assert [kept.requests for kept in watch.timeline.kept()] == [20]
    tick(300, later=30)
    assert [(kept.id, kept.requests) for kept in watch.timeline.kept()] == [(2, 320)]
    assert examine.calls[-1]["evidence"].summaries == ()


def test_what_was_seen_to_grow_is_not_told_less_by_a_baseline(make_watch, examine):
    watch, tick = make_watch()
    told = []
    watch.on_findings = told.append
    tick(20)
    examine.growth = GrowthFacts(False, 2, 1, 10.0, 20, 1 << 20)
    watch.reports.get().result(20)
    examine.growth = None
    tick(300, later=30)
    assert len(examine.calls) == 2
    assert [findings.growth is not None for findings in told] == [True]
    watch.baselines.get().result(20)
    watch.reports.get().result(20)
    assert [findings.growth is not None for findings in told] == [True, False, False]


def test_a_failure_is_tried_again_later_and_breaks_nothing(make_watch, examine, caplog):
    watch, tick = make_watch()
    tick(1)
    examine.error = CaptureError("clone was denied")
    tick(200, later=20)
    assert watch.timeline.kept() == ()
    tick(200, later=1)
    assert len(examine.calls) == 1
    examine.error = None
    tick(200, later=60)
    assert len(watch.timeline.kept()) == 1


def test_one_runs_at_a_time_and_an_answer_is_never_older_than_the_question(make_watch, examine):
    watch, tick = make_watch(cooldown=100)
    tick(1)
    examine.go.clear()
    ticking = threading.Thread(target=tick, args=(200, 20.0))
    ticking.start()
    assert examine.started.wait(20)
    asked = watch.reports.get()
    begun = watch.baselines.get()
    assert len(examine.calls) == 1
    examine.go.set()
    ticking.join(20)
    assert asked.result(20).result.verdict
    assert begun.result(20).result.requests == 201
    assert len(examine.calls) == 3
    assert max(examine.at_once) == 1


def test_a_new_baseline_makes_the_last_answer_stale(make_watch, examine):
    watch, tick = make_watch(cooldown=100)
    tick(20)
    watch.reports.get().result(20)
    watch.reports.get().result(20)
    assert len(examine.calls) == 1
    assert watch.baselines.get().result(20).result.id == 2
    watch.reports.get().result(20)
    assert len(examine.calls) == 3
    assert examine.calls[-1]["evidence"].summaries == (b"a summary",)


def test_the_child_of_a_fork_watches_for_itself(make_watch):
    watch, tick = make_watch()
    tick(1)
    tick(200, later=20)
    assert len(watch.timeline.kept()) == 1
    child = os.fork()
    if child == 0:
        tick(1)
        before = watch.timeline.kept()
        tick(200, later=20)
        os._exit(0 if (before, len(watch.timeline.kept())) == ((), 1) else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
