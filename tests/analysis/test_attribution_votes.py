"""How samples vote: estimates against the truth of simulated allocations."""

from __future__ import annotations

import dataclasses
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.analysis.attribution_votes import Vote, shares
from leakguard.image import SampleKind

INTERVAL = 65_536
UNNAMED = frozenset({0})


def vote(route, kind=SampleKind.STRONG, *, size=100, own=False, direct=True):
    weight = round(size / -math.expm1(-size / INTERVAL))
    return Vote(route, 0, kind, weight, size, own, direct, new=True)


def sampled(chance, blocks):
    """The votes of blocks of (route, size, kind) that a sampler would have taken."""
    return [
        vote(route, kind, size=size)
        for route, size, kind in blocks
        if chance.random() < -math.expm1(-size / INTERVAL)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_the_true_share_is_within_the_margin_almost_always(seed):
    chance = random.Random(seed)
    hits = 0
    for _ in range(60):
        blocks = [(1 + (chance.random() < 1 / 11), 8000, SampleKind.STRONG) for _ in range(5000)]
        truth = sum(route == 2 for route, _, _ in blocks) / len(blocks)
        found = {share.route: share for share in shares(sampled(chance, blocks), {}, UNNAMED)}
        hits += abs(found[2].share - truth) <= found[2].margin
    assert hits >= 50


@given(
    st.lists(
        st.tuples(
            st.integers(0, 6),
            st.sampled_from(SampleKind),
            st.integers(1, 10**7),
            st.booleans(),
            st.booleans(),
        ),
        max_size=60,
    ),
    st.dictionaries(st.integers(0, 6), st.integers(0, 10**6)),
)
def test_shares_are_of_voters_and_add_up_to_one(given_votes, requests):
    votes = [
        vote(route, kind, size=size, own=own, direct=direct)
        for route, kind, size, own, direct in given_votes
    ]
    found = shares(votes, requests, UNNAMED)
    if any(vote.strong and vote.route not in UNNAMED for vote in votes):
        assert found
    assert votes or not found
    if found:
        assert sum(share.share for share in found) == pytest.approx(1)
    assert {share.route for share in found} <= {vote.route for vote in votes}
    assert [share.share for share in found] == sorted(
        (share.share for share in found), reverse=True
    )
    assert all(0 <= share.share <= 1 and 0 <= share.margin <= 1 for share in found)


def test_many_routes_that_share_a_leak_are_all_named():
    votes = [vote(route) for route in range(1, 51) for _ in range(2 + route % 3)]
    assert len(shares(votes, {}, UNNAMED)) == 50


def recycled(chance, leaking, keep, routes, count):
    """Weak votes of a leak of which `keep` were allocated for it, the rest by any route."""
    weights = list(routes.values())
    return [
        vote(
            leaking if chance.random() < keep else chance.choices(list(routes), weights)[0],
            SampleKind.WEAK,
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("keep", [0.25, 0.5, 0.9])
def test_weak_samples_name_the_route_that_keeps_them(seed, keep):
    chance = random.Random(seed)
    requests = {route: 4000 if route == 1 else 500 for route in range(1, 14)}
    votes = recycled(chance, 9, keep, requests, 120)
    assert [share.route for share in shares(votes, requests, UNNAMED)] == [9]


@pytest.mark.parametrize("more", [0, 8])
def test_weak_samples_of_all_routes_alike_name_none(more):
    # they are what is handed on; one of 13 routes may well have 18 of 138 by chance
    requests = dict.fromkeys(range(1, 14), 1000)
    votes = [vote(route, SampleKind.WEAK) for route in requests for _ in range(10)]
    votes += [vote(3, SampleKind.WEAK)] * more
    assert shares(votes, requests, UNNAMED) == []


def test_blocks_that_lines_of_the_application_allocated_come_first():
    library = [vote(1, SampleKind.WEAK, direct=False) for _ in range(60)]
    direct = [vote(2, SampleKind.WEAK) for _ in range(25)]
    assert [share.route for share in shares(library + direct, {1: 5, 2: 5}, UNNAMED)] == [2]
    assert [share.route for share in shares(library + direct[:5], {1: 5, 2: 5}, UNNAMED)] == [1]


def test_a_holder_from_before_all_requests_leaves_it_to_the_weak():
    votes = [vote(0, own=True), *[vote(3, SampleKind.WEAK) for _ in range(30)]]
    assert [share.route for share in shares(votes, {3: 10, 4: 90}, UNNAMED)] == [3]


def test_a_stray_does_not_stand_against_who_fills_the_holder():
    weak = [vote(route, SampleKind.WEAK) for route in range(1, 14) for _ in range(20)]
    votes = [vote(3, own=True, size=500_000), vote(7), *weak]
    assert [share.route for share in shares(votes, {}, UNNAMED)] == [3]


def test_few_strong_samples_of_one_route_are_enough():
    weak = [vote(route, SampleKind.WEAK) for route in range(1, 14) for _ in range(20)]
    assert [share.route for share in shares([vote(3), vote(3), *weak], {}, UNNAMED)] == [3]


def mixed(chance, parts, blocks, line):
    """The votes of routes 1, 2, … that made so large parts of what a holder has."""
    made = chance.choices(range(1, len(parts) + 1), parts, k=blocks)
    votes = sampled(chance, [(route, 800, SampleKind.STRONG) for route in made])
    return [dataclasses.replace(vote, line=line(vote.route)) for vote in votes]


@pytest.mark.parametrize("parts", [(10, 1), (6, 3, 1), (1, 1)])
def test_routes_that_share_a_line_have_their_parts_of_its_requests(parts):
    chance = random.Random(3)
    requests = {route: 100 * part for route, part in enumerate(parts, 1)}
    near = named = 0
    for _ in range(100):
        votes = mixed(chance, parts, 5000, lambda _: 7)
        found = {share.route: share.share for share in shares(votes, requests, UNNAMED)}
        named += len(found) == len(parts)
        near += all(
            abs(found.get(route, 0) * sum(parts) / part - 1) < 0.2
            for route, part in enumerate(parts, 1)
        )
    assert named >= 85
    assert near >= 75


def test_samples_against_the_parts_of_requests_are_believed():
    chance = random.Random(4)
    requests = {1: 500, 2: 500}
    for _ in range(50):
        votes = mixed(chance, (10, 1), 12_000, lambda _: 7)
        counted = sum(vote.route == 2 for vote in votes) / len(votes)
        found = {share.route: share.share for share in shares(votes, requests, UNNAMED)}
        assert found[2] == pytest.approx(counted, abs=0.01)


def test_the_parts_of_requests_say_nothing_about_lines_of_each_route_its_own():
    votes = [dataclasses.replace(vote(route), line=route) for route in (1, 1, 1, 1, 1, 1, 2, 2)]
    found = {share.route: share.share for share in shares(votes * 4, {1: 50, 2: 50}, UNNAMED)}
    assert found == {1: 0.75, 2: 0.25}


def test_two_samples_of_the_line_name_a_route_and_a_stray_of_another_line_does_not():
    votes = [dataclasses.replace(vote(1), line=7) for _ in range(40)]
    stray, of_the_line = (dataclasses.replace(vote(2), line=line) for line in (8, 7))
    assert [share.route for share in shares([*votes, stray, stray], {}, UNNAMED)] == [1]
    assert [share.route for share in shares([*votes, of_the_line], {}, UNNAMED)] == [1]
    found = shares([*votes, of_the_line, of_the_line], {}, UNNAMED)
    assert [share.route for share in found] == [1, 2]


def test_what_was_there_before_helps_to_name_a_route_and_has_no_share():
    votes = [dataclasses.replace(vote(route), line=7) for route in (1,) * 19 + (2,)]
    assert [share.route for share in shares(votes, {}, UNNAMED)] == [1]
    earlier = [dataclasses.replace(vote(route), line=7) for route in (1, 1, 2, 3, 3, 3, 3)]
    found = shares(votes, {}, UNNAMED, earlier)
    assert {share.route: share.share for share in found} == {1: 0.95, 2: 0.05}
