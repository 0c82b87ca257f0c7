"""Trends: what grows, what grew once, what only shakes."""

from __future__ import annotations

import random

import pytest

from leakguard.process import History, Terms
from leakguard.process.trend import trend

MB = 1 << 20


def point(at, **more):
    known = dict.fromkeys(
        ("python_objects", "python_slack", "c_heap_in_use", "c_heap_free", "mappings", "rest"),
        10 * MB,
    )
    known.update(more)
    heap = known.pop("heap_bytes", None)
    return Terms(at=at, rss=sum(v or 0 for v in known.values()), heap_bytes=heap, **known)


def history(levels, name="python_objects", step=60.0):
    made = History()
    for at, level in enumerate(levels):
        made.add(point(at * step, **{name: int(level)}))
    return made


def test_the_slope_is_per_minute_and_survives_an_outlier():
    values = [100.0 + 5 * at for at in range(20)]
    values[7] = 100_000
    found = trend([30.0 * at for at in range(20)], values)
    assert found.slope == pytest.approx(10)
    assert found.low <= 10 <= found.high
    assert found.rising
    assert found.minutes == pytest.approx(9.5)


def test_too_few_points_make_no_trend():
    assert trend([1, 2, 3], [1, 2, 3]) is None
    assert trend([1, 1, 1, 1], [1, 2, 3, 4]) is None


def test_a_flat_line_is_not_rising():
    found = trend(range(10), [5] * 10)
    assert (found.slope, found.confidence, found.rising) == (0, 0, False)


def test_noise_is_seldom_taken_for_a_rise():
    dice = random.Random(4)
    rising = sum(trend(range(12), [dice.gauss(0, 1) for _ in range(12)]).rising for _ in range(400))
    assert rising < 20


@pytest.mark.parametrize("name", ["python_objects", "c_heap_in_use", "c_heap_free", "rest"])
def test_the_growing_term_is_named(name):
    made = history([(50 + 2 * at) * MB for at in range(10)], name)
    found = made.growing()
    assert found.name == name
    assert found.trend.slope == pytest.approx(2 * MB)
    assert made.rss().trend.slope == pytest.approx(2 * MB)


@pytest.mark.parametrize(
    "levels",
    [
        [50 * MB] * 12,
        [50 * MB + at for at in range(12)],
        [(100 - 90 * 0.5**at) * MB for at in range(12)],
        [50 * MB] * 5 + [90 * MB] * 7,
        [(50 + 10 * (at % 3)) * MB for at in range(12)],
        [(90 - 2 * at) * MB for at in range(12)],
    ],
    ids=["flat", "a few bytes", "warm-up", "one step", "saw-tooth", "falling"],
)
def test_what_does_not_keep_growing_is_not_accused(levels):
    assert history(levels).growing() is None


def test_the_steeper_of_two():
    made = History()
    for at in range(8):
        made.add(point(60.0 * at, rest=(10 + at) * MB, c_heap_in_use=(10 + 3 * at) * MB))
    assert made.growing().name == "c_heap_in_use"


def test_since_leaves_the_start_out():
    levels = [10, 20, 30, 40, 50, 50, 50, 50, 50, 50]
    made = history([level * MB for level in levels])
    assert made.trends(since=4 * 60.0)["python_objects"].trend.slope == 0


def test_pictures_of_the_heap_tell_python_from_c():
    made = History()
    for at in range(6):
        plain = point(120.0 * at, c_heap_in_use=(40 + 5 * at) * MB)
        made.add(plain)
        pictured = point(120.0 * at + 1, c_heap_in_use=(40 + 5 * at) * MB)
        made.add(pictured.with_heap((30 + 5 * at) * MB))
        if at == 2:
            assert made.trends() == {}
    assert made.growing().name == "python_objects"


def test_an_unknown_term_has_no_trend():
    made = History()
    for at in range(6):
        made.add(point(float(at), c_heap_in_use=None, rest=at * 100 * MB))
    assert "c_heap_in_use" not in made.trends()
    assert made.growing().name == "rest"


def test_the_series_is_bounded_and_keeps_its_ends():
    made = History(most=16)
    for at in range(1000):
        made.add(point(float(at)))
        assert len(made.points()) <= 16
    kept = [p.at for p in made.points()]
    assert (kept[0], kept[-1]) == (0, 999)
    assert kept == sorted(kept)


def test_a_point_from_the_past_is_left_out():
    made = History()
    made.add(point(5.0))
    made.add(point(4.0))
    assert len(made.points()) == 1
