"""Words for series: what grows with the work and what only looks like it."""

from __future__ import annotations

import random
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.analysis.growth_series import judge

EVEN = [100.0] * 12


def word(values, weights=None):
    return judge(values, weights or [100.0] * (len(values) - 1)).word


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 100, 200, 300, 400, 500], "growing"),
        ([0, 21, 39, 61, 80, 97], "growing"),
        ([50, 60, 70, 80], "growing"),
        ([5000, 5100, 5200, 5300, 5400], "growing"),
        ([7, 7, 7, 7, 7], "steady"),
        ([0, 5000, 5000, 5000, 5000], "steady"),
        ([10, 10, 10, 5010, 5010, 5010], "steady"),
        ([10, 10, 10, 10, 10, 5010], "steady"),
        ([0, 100, 160, 190, 200, 201], "warming up"),
        ([0, 100, 180, 244, 295, 336], "warming up"),
        # a cache of 300, with what chance brings
        ([54, 109, 181, 211, 234, 260], "warming up"),
        ([20, 45, 72, 90, 118, 140], "growing"),
        # a cache of 3,000 that 500 questions an interval have filled by half
        ([0, 462, 852, 1182, 1462], "warming up"),
        ([90, 80, 10, 95, 70, 20], "saw-tooth"),
        ([0, 90, 0, 90, 0, 90], "saw-tooth"),
        ([500, 400, 300, 200, 100], "saw-tooth"),
    ],
)
def test_words(values, expected):
    assert word(values) == expected


@pytest.mark.parametrize("values", [[], [5], [5, 50], [5, 50, 500]])
def test_fewer_than_three_intervals_accuse_nothing(values):
    assert word(values) == "steady"


def test_growth_is_held_against_the_work_done():
    weights = [1000, 10, 500, 2000, 100]
    values = [0, *accumulate(int(w * 0.5) for w in weights)]
    assert word(values, weights) == "growing"


def test_what_started_wildly_and_then_goes_on_evenly_is_judged_without_the_start():
    judged = judge([0, 3, 103, 203, 303, 403], EVEN[:5])
    assert (judged.word, judged.growth) == ("growing", 400)


def test_a_little_and_unevenly_more_in_few_intervals_is_no_growth_yet():
    assert word([4000, 4015, 4110, 4150]) == "steady"
    assert word([4000, 4070, 4140, 4205]) == "growing"
    assert word([400, 420, 510, 550]) == "growing"
    assert word([4000, 4020, 4110, 4150, 4200, 4280]) == "growing"


def test_more_intervals_are_more_certain():
    sure = [judge([100 * at for at in range(n + 1)], EVEN[:n]).confidence for n in range(3, 10)]
    assert sure[0] > 0.7
    assert sure[-1] > 0.97
    uneven = judge([0, 100, 250, 290, 500], EVEN[:4])
    assert uneven.word == "growing"
    assert uneven.confidence < sure[1]


@given(st.integers(20, 10_000), st.integers(3, 15), st.integers(0, 10**9), st.randoms())
def test_an_even_leak_is_always_seen(pace, intervals, start, dice):
    weights = [float(dice.randrange(50, 500)) for _ in range(intervals)]
    values = [start, *accumulate((int(pace * w) for w in weights), initial=start)][1:]
    assert judge(values, weights).word == "growing"


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_whatever_comes_there_is_a_word(values):
    weights = [1.0] * (len(values) - 1)
    judged = judge(values, weights)
    assert 0 <= judged.confidence <= 1
    if judged.word == "growing":
        assert judged.growth > 0


def test_a_cache_that_warms_up_is_seldom_accused():
    dice = random.Random(7)
    accused = 0
    for _ in range(200):
        seen, sizes = set(), [0]
        for _ in range(6):
            seen.update(dice.randrange(150) for _ in range(90))
            sizes.append(len(seen))
        accused += word(sizes[1:]) == "growing"
    assert accused <= 10
