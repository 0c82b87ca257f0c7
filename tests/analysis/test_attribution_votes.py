"""How samples vote: estimates against the truth of simulated allocations."""

from __future__ import annotations

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
