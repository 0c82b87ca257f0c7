from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.routes.history import MAX_POINTS, Held, History, Point


def history(values, step=60.0, variance=0.0):
    found = History()
    for index, value in enumerate(values):
        found.add(Point(index * step, {7: Held(value, variance)}))
    return found


def test_without_an_earlier_point_there_is_no_growth():
    assert History().growth(7, 10.0, Held(1.0, 0.0), 0.0) is None
    assert history([5.0]).growth(7, 0.0, Held(1.0, 0.0), 0.0) is None


def test_a_straight_line_is_told_exactly():
    growth = history([100.0 * k for k in range(10)]).growth(7, 600.0, Held(1000.0, 0.0), 0.0)
    assert growth.bytes_per_minute == pytest.approx(100.0)
    assert growth.low == pytest.approx(100.0)
    assert growth.high == pytest.approx(100.0)
    assert growth.seconds == 300.0


def test_what_grew_at_the_start_only_does_not_grow():
    growth = history([0.0, 900.0] + [1000.0] * 8).growth(7, 600.0, Held(1000.0, 0.0), 0.0)
    assert growth.bytes_per_minute == 0.0


def test_a_saw_tooth_is_not_certain_to_grow():
    teeth = [100.0 * (k % 4) for k in range(20)]
    growth = history(teeth).growth(7, 20 * 60.0, Held(300.0, 0.0), 0.0)
    assert growth.low < 0 < growth.high


def test_samples_that_both_ends_share_add_no_uncertainty():
    shared = history([1e6] * 10, variance=1e10).growth(7, 600.0, Held(1e6, 1e10), 1e10)
    assert shared.low == shared.high == 0.0
    other = history([1e6] * 10, variance=1e10).growth(7, 600.0, Held(1e6, 1e10), 0.0)
    assert other.low < -10_000 < 10_000 < other.high


def test_a_route_that_came_later_grew_from_nothing():
    growth = history([1.0] * 10).growth(8, 600.0, Held(500.0, 0.0), 0.0)
    assert growth.bytes_per_minute == 100.0


def test_cleared_there_is_no_history():
    found = history([1.0] * 10)
    found.clear()
    assert found.baseline(1e9) is None


@given(st.integers(1, 3000))
def test_few_points_cover_the_whole_time(count):
    found = history([float(k) for k in range(count)])
    times = [point.time / 60 for point in found._points]
    assert len(times) <= MAX_POINTS
    assert times[0] == 0
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert all(0 < gap <= 2 * max(1, count / (MAX_POINTS / 2)) for gap in gaps)
    assert count - 1 - times[-1] <= max(gaps, default=1)
