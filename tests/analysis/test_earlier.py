"""What the workers before this one tell: a leak goes on in each of them, a warm-up ends."""

from __future__ import annotations

import itertools
import json
import random

import pytest

from leakguard.analysis.earlier import Earlier, GrewBefore, Life
from leakguard.analysis.earlier_lives import generations, look_back
from leakguard.analysis.evidence import Evidence
from leakguard.analysis.findings import SnapshotFacts, Suspect
from leakguard.analysis.growth_compare import Growth
from leakguard.analysis.growth_merge import NOT_ENOUGH
from leakguard.analysis.heap import Heap
from leakguard.analysis.inherited import inherit, of_this_app, remark
from leakguard.analysis.suspects import Judgement
from leakguard.analysis.verdict import verdict

CARTS, LOG = "shop.CARTS", "shop.LOG"
FACTS = SnapshotFacts("fork", 0.003, 0.2, 1000, 900, 3000, 97 << 20, 0.96)


def grew(holder=CARTS, pace=2e6, sure=0.64):
    return GrewBefore(holder, "shop.Cart", "global-cache", holder, 1 << 20, pace, 4000.0, sure)


def life(pid, begin, *holders, intervals=2, requests=1000, end=None, sure=0.64):
    return Life(
        pid=pid,
        started=float(begin),
        ended=float(begin + 10 if end is None else end),
        requests=requests,
        rss_start_bytes=40_000_000,
        rss_bytes=60_000_000 + pid,
        intervals=intervals,
        ready=intervals >= 3,
        grew=tuple(grew(holder, sure=sure) for holder in holders),
    )


def of(lives, holder=CARTS):
    found = look_back(lives, 100.0)
    return found and found.of(holder, "shop.Cart")


def suspect(holder=CARTS, grown=None, confidence=None):
    return Suspect(
        rank=1,
        kind="global-cache",
        holder=holder,
        retained_bytes=1 << 20,
        share=0.1,
        object_type="shop.Cart",
        object_count=100,
        fingerprint=holder,
        fix="Bound it.",
        chain=(),
        growth_bytes=grown,
        confidence=confidence,
    )


def growth(intervals):
    return Growth(intervals >= 3, intervals, (), 1 << 20, 60.0, 100, False, 0, intervals + 1)


def test_without_lives_there_is_nothing_to_look_back_on():
    assert look_back([], 1.0) is None


@pytest.mark.parametrize("seed", range(50))
def test_generations_are_the_most_that_lived_one_after_the_other(seed):
    chance = random.Random(seed)
    lives = []
    for pid in range(chance.randint(1, 7)):
        begin = chance.randrange(0, 100, 5)
        lives.append(life(pid, begin, end=begin + chance.randrange(5, 40, 5)))

    def is_chain(some):
        some = sorted(some, key=lambda one: one.ended)
        return all(b.started >= a.ended for a, b in itertools.pairwise(some))

    most = max(
        size
        for size in range(1, len(lives) + 1)
        if any(is_chain(some) for some in itertools.combinations(lives, size))
    )
    assert generations(lives) == most


def test_what_went_on_in_two_generations_is_confirmed():
    found = of([life(1, 0, CARTS), life(2, 20, CARTS)])
    assert (found.workers, found.of, found.generations, found.confirmed) == (2, 2, 2, True)
    assert (found.low, found.high, found.bytes_per_request) == (2e6, 2e6, 4000.0)
    assert found.confidence == pytest.approx(1 - 0.36**2, abs=0.001)


def test_two_workers_of_one_generation_confirm_nothing():
    found = of([life(1, 0, CARTS), life(2, 1, CARTS)])
    assert (found.generations, found.confirmed, found.confidence) == (1, False, 0.64)


def test_what_was_seen_to_grow_once_in_each_may_be_a_warm_up():
    found = of([life(pid, 20 * pid, CARTS, intervals=1, sure=0.4) for pid in range(1, 6)])
    assert (found.generations, found.confirmed, found.confidence) == (5, False, 0.4)


def test_a_warm_up_that_one_worker_has_seen_the_end_of_is_none():
    short = [life(pid, 20 * pid, CARTS, requests=200) for pid in (1, 2, 3)]
    assert of(short).confirmed
    assert not of([*short, life(4, 80, intervals=5, requests=900)]).confirmed
    # one that has seen less of it says nothing against it
    assert of([*short, life(4, 80, intervals=5, requests=100)]).confirmed


def test_a_leak_in_one_worker_of_four_is_told_with_how_many_had_it():
    lives = [life(pid, 20 * (pid // 4), intervals=5) for pid in range(8) if pid % 4]
    lives += [life(100 + turn, 20 * turn, CARTS, intervals=5) for turn in range(2)]
    found = of(lives)
    assert (found.workers, found.of, found.confirmed) == (2, 8, True)


def test_many_generations_are_never_more_certain_than_nine_of_ten():
    found = of([life(pid, 20 * pid, CARTS, intervals=9, sure=0.99) for pid in range(9)])
    assert found.confidence == 0.9


def test_one_worker_before_is_no_more_certain_than_that_either():
    assert of([life(1, 0, CARTS, intervals=9, sure=0.99)]).confidence == 0.9


def test_confirmed_comes_before_what_grew_once():
    found = look_back([life(1, 0, LOG, CARTS), life(2, 20, CARTS), life(3, 20, LOG)], 100.0)
    assert next(one.holder for one in found.growing) == CARTS
    assert (found.generations, found.seconds, found.requests) == (2, 100.0, 1000)
    assert (found.rss_start_bytes, found.rss_bytes) == (40_000_000, 60_000_002)


def test_it_travels_as_plain_values():
    lives = (life(1, 0, CARTS), life(2, 20, intervals=0))
    found = look_back(lives, 100.0)
    assert Earlier.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    evidence = Evidence(lives=lives)
    assert Evidence.from_bytes(evidence.to_bytes()) == evidence


CONFIRMED = look_back([life(1, 0, CARTS), life(2, 20, CARTS)], 100.0)
GREW_ONCE = look_back([life(1, 0, CARTS, intervals=1, sure=0.4)], 100.0)


def judged(*suspects):
    return [Judgement(one, 0.7, False) for one in suspects]


def test_few_snapshots_here_are_enough_for_what_is_confirmed():
    (found,) = inherit(judged(suspect(grown=1000, confidence=0.4)), CONFIRMED, growth(1))
    assert found.suspect.confidence == pytest.approx(
        1 - 0.6 * (1 - CONFIRMED.growing[0].confidence), abs=0.01
    )
    assert remark("few snapshots", [found], CONFIRMED) is None


def test_what_grew_once_before_makes_nothing_surer():
    (found,) = inherit(judged(suspect(grown=1000, confidence=0.4)), GREW_ONCE, growth(1))
    assert found.suspect.confidence == 0.4
    assert remark("few snapshots", [found], GREW_ONCE) == "few snapshots"


def test_with_enough_snapshots_of_its_own_a_worker_judges_by_itself():
    (found,) = inherit(judged(suspect(grown=1000, confidence=0.8)), CONFIRMED, growth(3))
    assert found.suspect.confidence == 0.8


def test_what_was_as_large_before_and_did_not_grow_is_not_suspected_for_its_size():
    large = judged(suspect(LOG), suspect(CARTS))
    assert [one.suspect.holder for one in inherit(large, CONFIRMED, None)] == [CARTS]
    assert [one.suspect.rank for one in inherit(large, CONFIRMED, None)] == [1]
    assert len(inherit(large, GREW_ONCE, None)) == 2
    assert len(inherit(large, CONFIRMED, growth(1))) == 2


def said(suspects, earlier, grown=None):
    return verdict(
        suspects,
        FACTS,
        linked=False,
        confidence=0.7,
        growth=grown,
        evidence=Evidence(),
        earlier=earlier,
    )


def test_a_worker_that_cannot_tell_yet_answers_with_what_grew_before_it():
    told = said([], CONFIRMED)
    assert told.text == (
        "Cart objects in shop.CARTS grew by 2.0 MB/min in each of 2 generations of workers before "
        "this one (87 % sure), which is too young to tell."
    )
    assert (told.kind, told.confidence) == ("global-cache", 0.87)
    assert told.advice
    assert told.doubt
    assert "grew by" not in said([], GREW_ONCE).text
    assert "see what grew before it" in remark(NOT_ENOUGH, [], CONFIRMED)


def test_what_grows_here_is_said_to_have_grown_before():
    told = said([suspect(grown=1000, confidence=0.92)], CONFIRMED, growth(1))
    assert told.text.endswith("It grew in each of 2 generations of workers before this one too.")
    assert "snapshot" not in told.doubt


def test_a_worker_that_can_tell_and_does_not_leak_is_not_accused():
    told = said([], CONFIRMED, growth(5))
    assert told.kind == "none"
    assert "CARTS" not in told.text


def test_what_grew_in_modules_that_are_not_here_is_another_apps(heap):
    names = (CARTS, "depot.BOXES", "C code (shop.Node)", "shopping.LIST")
    with heap.builder.image() as image:
        (left,) = of_this_app([life(1, 0, *names)], Heap(image))
    assert [grew.holder for grew in left.grew] == [CARTS, "C code (shop.Node)"]
