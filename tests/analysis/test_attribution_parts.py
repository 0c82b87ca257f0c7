"""Shares of routes from few samples, beside the requests that were counted: over many seeds."""

from __future__ import annotations

import dataclasses
import math
import random

import pytest

from leakguard.analysis.attribution_same_line import may_be_of
from leakguard.analysis.attribution_votes import Vote, shares
from leakguard.image import SampleKind

SIZE, INTERVAL = 800, 65_536
WEIGHT = round(SIZE / -math.expm1(-SIZE / INTERVAL))
FIRST, SECOND = 1, 2
SERIES = 200


def votes(chance, count, part, lines):
    """Samples of which each is of the second route with a probability of `part`."""
    routes = [SECOND if chance.random() < part else FIRST for _ in range(count)]
    one = Vote(FIRST, 0, SampleKind.STRONG, WEIGHT, SIZE, own=False, direct=True, new=True)
    return [dataclasses.replace(one, route=route, line=lines[route]) for route in routes]


def part_of_second(given, requests):
    found = {share.route: share.share for share in shares(given, requests, frozenset({0}))}
    return found.get(SECOND, 0.0)


@pytest.mark.parametrize("lines", [{FIRST: 7, SECOND: 7}, {FIRST: 7, SECOND: 8}])
@pytest.mark.parametrize("count", [40, 80, 200])
@pytest.mark.parametrize("times", [10, 3, 1])
def test_routes_that_leave_as_much_on_each_request(times, count, lines):
    chance = random.Random(times * count)
    requests = {FIRST: 100 * times, SECOND: 100}
    truth = 1 / (times + 1)
    near = sum(
        abs(part_of_second(votes(chance, count, truth, lines), requests) / truth - 1) < 0.2
        for _ in range(SERIES)
    )
    # lines of their own may make as much or not: there the samples have more to say
    assert near >= SERIES * (0.95 if lines[FIRST] == lines[SECOND] else 0.65)


@pytest.mark.parametrize("times", [10, 3, 1])
def test_twenty_samples_that_name_both_routes_are_enough_beside_their_requests(times):
    chance = random.Random(times)
    requests = {FIRST: 100 * times, SECOND: 100}
    truth, both, near = 1 / (times + 1), 0, 0
    for _ in range(SERIES):
        given = votes(chance, 20, truth, {FIRST: 7, SECOND: 7})
        if {vote.route for vote in given} == {FIRST, SECOND}:
            both += 1
            near += abs(part_of_second(given, requests) / truth - 1) < 0.2
    assert near >= 0.95 * both


@pytest.mark.parametrize("count", [40, 80, 200])
def test_samples_are_believed_where_one_route_leaves_ten_times_as_much(count):
    chance = random.Random(count)
    as_sampled = 0
    for _ in range(SERIES):
        given = votes(chance, count, 1 / 11, {FIRST: 7, SECOND: 7})
        sampled = sum(vote.route == SECOND for vote in given) / count
        # one sample may be a stray
        seen = sampled if sampled * count > 1 else 0.0
        found = part_of_second(given, {FIRST: 500, SECOND: 500})
        as_sampled += found in (pytest.approx(sampled), pytest.approx(seen))
    assert as_sampled >= 0.98 * SERIES


def test_thousands_of_samples_are_held_against_the_requests_as_few_are():
    assert may_be_of(1_950, 2_000, 1.0)
    assert not may_be_of(1_500, 2_000, 1.0)
    assert not may_be_of(3, 5_000, 1.0)
