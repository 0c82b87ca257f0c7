"""When a snapshot is taken that nobody asks for."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest

from leakguard.endpoint.schedule import Schedule
from leakguard.endpoint.timeline import Kept


def kept(at, requests, number=1):
    return Kept(number, at, 0.0, {"GET /": requests}, b"")


@pytest.fixture
def schedule():
    made = Schedule()
    made.see(1000.0, 1)
    return made


def test_never_before_a_request():
    assert not Schedule().is_due(1e9, 10**9, [])


@pytest.mark.parametrize(
    ("seconds", "requests", "due"),
    [(9.9, 1000, False), (10.0, 100, False), (10.0, 101, True), (1e6, 50, False)],
)
def test_the_baseline_comes_after_warm_up(schedule, seconds, requests, due):
    assert schedule.is_due(1000.0 + seconds, requests, []) is due


def test_more_of_them_need_requests_and_a_pause(schedule):
    baseline = kept(1010.0, 101)
    assert not schedule.is_due(1100.0, 150, [baseline])
    assert schedule.is_due(1100.0, 151, [baseline])
    assert not schedule.is_due(1019.0, 9999, [baseline])


def test_pauses_grow_to_ten_minutes(schedule):
    now, requests, taken = 1010.0, 1000, []
    for number in range(1, 40):
        while not schedule.is_due(now, requests, taken[-1:]):
            now += 1.0
        taken.append(kept(now, requests, number))
        schedule.taken(now, 0.1, number)
        requests += 1000
    pauses = [b.at - a.at for a, b in pairwise(taken)]
    assert pauses[0] >= 10.0
    assert pauses == sorted(pauses)
    assert pauses[-1] == 600.0


@pytest.mark.parametrize(("there", "pause"), [(1, 60.0), (4, 300.0)])
def test_long_snapshots_are_seldom(schedule, there, pause):
    schedule.taken(1010.0, 3.0, there)
    latest = [kept(1010.0, 1000)]
    assert not schedule.is_due(1010.0 + pause - 1, 10_000, latest)
    assert schedule.is_due(1010.0 + pause, 10_000, latest)


def test_what_saw_only_the_start_up_is_no_baseline(schedule):
    start, warm = kept(1002.0, 30), kept(1030.0, 500)
    assert schedule.starts_over([start])
    assert schedule.starts_over([start, warm])
    assert not schedule.starts_over([warm])
    assert not schedule.starts_over([start, warm, warm])
    assert not schedule.starts_over([])
    # a reader's own choice stays, however early it was
    assert not schedule.starts_over([dataclasses.replace(start, chosen=True)])


def test_a_slow_machine_is_given_longer_to_warm_up(schedule):
    schedule.looked(0.05)  # a tool that counts instructions is around
    assert not schedule.is_due(1040.0, 10_000, [])
    assert schedule.is_due(1060.0, 10_000, [])
    schedule.looked(0.001)
    assert schedule.is_due(1011.0, 10_000, [])
