"""What the server remembers of its snapshots stays bounded, and is one process's own."""

from __future__ import annotations

import os
from itertools import pairwise

import pytest

from leakguard.endpoint.timeline import MAX_BYTES, MAX_KEPT, Timeline


@pytest.fixture
def timeline(clock):
    return Timeline(clock)


@pytest.fixture
def add(timeline, clock):
    """add(requests, seconds later) -> what the timeline kept."""

    def run(requests, later=10.0, size=100):
        clock.now += later
        return timeline.add(bytes(size), {"GET /": requests})

    return run


def ids(timeline):
    return [kept.id for kept in timeline.kept()]


def test_the_first_is_the_baseline_and_the_last_the_latest(timeline, add):
    for requests in (100, 200, 300):
        add(requests)
    assert [timeline.find(name).id for name in ("baseline", "1", "2", "latest")] == [1, 1, 2, 3]
    for unknown in ("0", "4", "01", "", "first"):
        with pytest.raises(KeyError):
            timeline.find(unknown)


def test_nothing_is_found_before_the_first(timeline):
    for name in ("baseline", "latest", "1"):
        with pytest.raises(KeyError):
            timeline.find(name)


def test_few_requests_after_another_it_is_not_kept(timeline, add):
    first = add(100)
    assert add(109) is first
    assert add(110).id == 2
    assert ids(timeline) == [1, 2]


def test_it_is_bounded_and_thinned_in_the_middle(timeline, add):
    for at in range(1, 500):
        add(100 * at)
    kept = ids(timeline)
    assert len(kept) == MAX_KEPT
    assert kept[0] == 1
    # the last are all there, older ones ever further apart
    assert kept[-6:] == [494, 495, 496, 497, 498, 499]
    gaps = [later - earlier for earlier, later in pairwise(kept[1:])]
    assert gaps[:5] > gaps[-5:]
    assert max(gaps) < 250


def test_large_summaries_are_fewer(timeline, add):
    for at in range(1, 30):
        add(100 * at, size=MAX_BYTES // 5)
    assert len(ids(timeline)) == 5
    for at in range(30, 33):
        add(100 * at, size=MAX_BYTES)
    assert ids(timeline) == [1, 32]


def test_a_new_baseline_forgets_what_was_before(timeline, add, clock):
    add(100)
    add(200)
    assert timeline.begin(b"new", {"GET /": 205}).id == 3
    assert ids(timeline) == [3]
    assert timeline.find("baseline").summary == b"new"


def test_what_was_before_a_baseline_is_compared_with_until_there_is_work_after_it(timeline, add):
    add(100, size=3)
    timeline.begin(b"new", {"GET /": 205})
    assert timeline.evidence({"GET /": 214}).summaries == (bytes(3),)
    assert timeline.evidence({"GET /": 214}).routes_before == {"GET /": 100}
    assert timeline.evidence({"GET /": 215}).summaries == (b"new",)
    assert timeline.evidence({"GET /": 214}).summaries == (b"new",)


def test_a_baseline_that_somebody_has_chosen_is_compared_with_at_once(timeline, add):
    add(100)
    timeline.begin(b"new", {"GET /": 205}, chosen=True)
    assert timeline.evidence({"GET /": 206}).summaries == (b"new",)


def test_the_evidence_has_what_is_known(timeline, add, clock):
    assert timeline.evidence({}).summaries == ()
    add(100)
    add(200)
    clock.now += 5
    evidence = timeline.evidence({"GET /": 250, "GET /b": 3})
    assert evidence.summaries == (bytes(100), bytes(100))
    assert evidence.requests == 253
    assert evidence.routes_before == {"GET /": 100}
    assert evidence.routes_since(1) == {"GET /": 50, "GET /b": 3}
    assert evidence.uptime_seconds == 25.0


def test_the_child_of_a_fork_starts_with_nothing(timeline, add):
    add(100)
    child = os.fork()
    if child == 0:
        os._exit(0 if timeline.kept() == () and add(500).id == 1 else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert ids(timeline) == [1]
