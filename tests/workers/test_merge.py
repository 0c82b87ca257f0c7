from __future__ import annotations

import pytest

from leakguard.workers import WorkerFindings, merge
from leakguard.workers.merging import spread


def suspect(fingerprint, retained, grown=None, holder=None, of="shop.Cart"):
    return {
        "fingerprint": fingerprint,
        "kind": "global-cache",
        "holder": holder or f"shop.{fingerprint}",
        "objects": {"type": of, "count": 1},
        "retained_bytes": retained,
        **({} if grown is None else {"growth_bytes": grown}),
    }


def findings(pid, *suspects, seconds=None, alive=True, ready=True):
    growth = {} if seconds is None else {"growth": {"seconds": seconds, "ready": ready}}
    return WorkerFindings(pid, {"suspects": list(suspects), **growth}, alive)


def test_the_same_leak_in_each_worker_is_named_once():
    merged = merge(findings(pid, suspect("carts", pid * 10), seconds=30) for pid in (3, 1, 2))
    (found,) = merged
    assert (found.fingerprint, found.holder, found.kind) == ("carts", "shop.carts", "global-cache")
    assert found.pids == (1, 2, 3)
    assert found.bytes == 60
    assert found.suspect["retained_bytes"] == 30


def test_each_worker_s_rate_is_told_by_its_own_time():
    (found,) = merge(
        [
            findings(1, suspect("carts", 10, grown=600), seconds=60),
            findings(2, suspect("carts", 10, grown=600), seconds=30),
            findings(3, suspect("carts", 10, grown=600)),
            findings(4, suspect("carts", 10), seconds=30),
        ]
    )
    assert found.rates == (600.0, 1200.0)
    assert found.pids == (1, 2, 3, 4)


def test_what_grows_comes_first_then_what_is_large():
    merged = merge(
        [
            findings(1, suspect("large", 900), suspect("slow", 5, 10), seconds=60),
            findings(2, suspect("fast", 7, 100), suspect("small", 20), seconds=60),
            findings(3, suspect("shrinks", 800, -5), seconds=60),
        ]
    )
    assert [found.holder for found in merged] == [
        "shop.fast",
        "shop.slow",
        "shop.large",
        "shop.shrinks",
        "shop.small",
    ]


def test_workers_that_ended_are_counted_apart():
    (found,) = merge(
        [
            findings(1, suspect("carts", 10)),
            findings(2, suspect("carts", 900), alive=False),
            findings(3, suspect("carts", 900), alive=False),
        ]
    )
    assert (found.pids, found.ended, found.bytes) == ((1,), 2, 10)


def test_what_only_they_had_is_still_told():
    (found,) = merge([findings(2, suspect("carts", 900), alive=False)])
    assert (found.pids, found.ended, found.bytes) == ((), 1, 900)


def test_two_alike_in_one_worker_count_as_one_worker():
    (found,) = merge([findings(1, suspect("carts", 10), suspect("carts", 20))])
    assert found.pids == (1,)


def test_the_same_holder_of_the_same_objects_is_the_same_leak_by_another_chain():
    (carts, others) = merge(
        [
            findings(1, suspect("a", 10, 600, "shop.CARTS"), seconds=60),
            findings(2, suspect("b", 20, 600, "shop.CARTS"), seconds=60),
            findings(3, suspect("a", 30, 600, "shop.CARTS"), seconds=60),
            findings(4, suspect("c", 40, 600, "shop.CARTS", of="shop.Log"), seconds=60),
        ]
    )
    assert (carts.pids, carts.fingerprint) == ((1, 2, 3), "a")
    assert others.pids == (4,)


def test_a_worker_that_cannot_tell_yet_is_counted_on_neither_side():
    (carts, large) = merge(
        [
            findings(1, suspect("carts", 10, 600), seconds=60),
            findings(2, seconds=60),
            findings(3, seconds=60, ready=False),
            findings(4, suspect("large", 900)),
            findings(5, suspect("carts", 10, 600), seconds=60, ready=False),
            findings(6, alive=False),
        ]
    )
    assert (carts.pids, carts.undecided) == ((1, 5), (3, 4))
    # what is told by its size alone may still be too small where there was little time
    assert (large.pids, large.undecided) == ((4,), (3, 5))


def test_nothing_merges_to_nothing():
    assert merge([]) == []
    assert merge([findings(1)]) == []


@pytest.mark.parametrize(
    ("rates", "told"),
    [
        ((), None),
        ((5.0,), (5.0, 5.0)),
        ((10.0, 11.0, 12.0), (11.0, 11.0)),
        ((10.0, 20.0), (10.0, 20.0)),
        ((0.0, 20.0), (0.0, 20.0)),
        ((-3.0, 2.0), (-3.0, 2.0)),
    ],
)
def test_rates_that_are_alike_are_told_as_one(rates, told):
    assert spread(rates) == told
