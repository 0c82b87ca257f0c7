"""Trends: what grows, what grew once, what only shakes."""

from __future__ import annotations

import random

import pytest

from leakguard.process import TERM_NAMES, History, Terms, moves
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


@pytest.mark.parametrize("name", ["c_heap_free", "python_slack"])
def test_free_memory_grows_only_where_it_does_so_all_the_time(name):
    # a step for each arena that a thread is given: fresh ones, whatever they are wanted for
    steps = [int((1 + 2.5 * (at // 2)) * MB) for at in range(8)]
    late = [10 * MB] * 10 + [int((10 + 2.5 * at) * MB) for at in range(4)]
    for levels in (steps, late, [(30 - 29 * 0.8**at) * MB for at in range(14)]):
        assert history(levels, name).growing() is None
        assert not history(levels, name).rss().growing
    steady = history([(10 + 2 * at) * MB for at in range(14)], name)
    assert steady.growing().name == name
    assert steady.rss().growing


@pytest.mark.parametrize("steps", [(5,), (4, 9)])
def test_tables_that_were_loaded_are_no_growth(steps):
    loaded = [(50 + 20 * sum(at >= step for step in steps)) * MB + 1000 * at for at in range(14)]
    assert history(loaded).growing() is None


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
    assert made.growing().name == "python_objects"
    assert made.trends()["c_heap_in_use"].trend.slope == 0


def test_between_two_pictures_large_objects_are_taken_to_grow_evenly():
    made = History()
    for at in range(9):
        one = point(30.0 * at, c_heap_in_use=(40 + 5 * at) * MB)
        made.add(one.with_heap((20 + 5 * at) * MB) if at in (0, 8) else one)
    assert made.growing().name == "python_objects"
    assert made.trends()["c_heap_in_use"].trend.slope == 0


def test_pictures_of_long_ago_say_nothing_of_now():
    made = History()
    for at in range(20):
        one = point(30.0 * at, c_heap_in_use=(40 + 5 * at) * MB)
        made.add(one.with_heap(20 * MB) if at in (0, 2) else one)
    assert made.growing().name == "c_heap_in_use"
    assert [p.python_objects for p in made.comparable()] == [10 * MB] * 20


def test_growth_that_began_late_is_seen_and_told_over_its_own_time():
    levels = [50 * MB] * 120 + [(50 + 2 * at) * MB for at in range(1, 40)]
    (found,) = [move for move in moves(history(levels)) if move.name == "python_objects"]
    assert found.growing
    assert found.bytes_per_minute == pytest.approx(2 * MB)
    assert found.minutes < 50


@pytest.mark.parametrize("count", [24, 100, 240])
def test_a_long_warm_up_is_not_taken_for_growth_that_began_late(count):
    levels = [(100 - 90 * 0.01 ** (at / count)) * MB for at in range(count)]
    assert history(levels).growing() is None


@pytest.mark.parametrize("step", [1.0, 10.0, 600.0])
def test_a_leak_in_steps_grows_over_seconds_and_over_hours(step):
    dice = random.Random(3)
    levels = [(60 + 4 * (at // 3)) * MB + dice.randrange(100_000) for at in range(24)]
    (found,) = [move for move in moves(history(levels, "rest", step)) if move.name == "rest"]
    assert found.growing
    assert found.bytes_per_minute == pytest.approx(4 / 3 * MB * 60 / step, rel=0.15)
    assert found.low < found.bytes_per_minute < found.high


def test_a_long_history_weighs_by_time_not_by_the_number_of_points():
    made = History(most=64)
    for at in range(2000):
        made.add(point(10.0 * at, rest=10 * MB + at * 20_000))
    (found,) = [move for move in moves(made) if move.name == "rest"]
    assert found.bytes_per_minute == pytest.approx(120_000, rel=0.01)
    assert found.growing


def test_moves_before_there_is_a_trend():
    assert moves(History()) == ()
    found = {move.name: move for move in moves(history([50 * MB, 60 * MB, 70 * MB]))}
    assert set(found) == {*TERM_NAMES, "rss"}
    python = found["python_objects"]
    assert (python.bytes, python.change_bytes, python.minutes) == (70 * MB, 20 * MB, 2)
    assert (python.confidence, python.growing) == (0, False)


def test_moves_leave_out_what_nobody_can_tell():
    made = History()
    for at in range(12):
        made.add(point(60.0 * at, c_heap_in_use=None, rest=(50 + at) * MB))
    found = {move.name: move for move in moves(made)}
    assert "c_heap_in_use" not in found
    assert found["rest"].growing
    assert found["rss"].growing


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
