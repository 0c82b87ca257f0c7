"""A longer interval thins the table without bias: what is left stands for all, of every size."""

from __future__ import annotations

import math

import pytest

from leakguard.routes import sampling

SIZES = {72: 20_000, 600: 4000, 5000: 600, 60_000: 60}
"""Bytes of a block, and how many are kept."""


def blocks():
    return [bytes(size - 33) for size, count in SIZES.items() for _ in range(count)]


def estimates(sampler):
    found = dict.fromkeys(SIZES, 0.0)
    for sample in sampling.samples():
        if sample.size in found:
            found[sample.size] += sample.weight
    return found


def deviation(size, interval, runs):
    """Of the mean of so many estimates: each block is in the sample by its own chance."""
    chance = -math.expm1(-size / interval)
    return size * math.sqrt(SIZES[size] * (1 - chance) / chance / runs)


def check_mean(found, interval):
    for size, count in SIZES.items():
        mean = sum(each[size] for each in found) / len(found)
        # six deviations: by chance once in 500 million; in part for other blocks of such a size
        allowed = 6 * deviation(size, interval, len(found)) + 0.003 * size * count + size
        assert abs(mean - size * count) < allowed, (size, mean / (size * count))


@pytest.mark.parametrize("steps", [[1024], [1024, 2048, 4096, 8192], [700, 700, 30_000]])
def test_estimates_of_every_size_stay_right_however_often_it_is_thinned(sampler, steps):
    found = []
    for seed in range(16):
        sampling.start(512)
        sampler.seed(seed * 6007 + 5)
        kept = blocks()
        before = len(sampling.samples())
        for interval in steps:
            sampler.set_interval(interval)
        assert len(sampling.samples()) < before
        found.append(estimates(sampler))
        del kept
        sampling.stop()
    check_mean(found, max(steps))


def test_an_interval_that_goes_up_by_itself_comes_down_again_and_biases_nothing(sampler):
    found = []
    for seed in range(12):
        sampling.start(128)
        sampler.seed(seed * 9001 + 7)
        burst = [bytearray(400) for _ in range(40_000)]  # far more than there is room for
        raised = sampler.counts()["interval"]
        assert raised >= 16 * 128
        assert sampler.counts()["live"] <= sampler.MAX_LIVE
        del burst
        kept = blocks()
        highest = sampler.counts()["interval"]
        for _ in range(20):
            sampler.maintain()
        assert sampler.counts()["interval"] <= raised
        found.append(estimates(sampler))
        del kept
        sampling.stop()
    check_mean(found, highest)


def test_what_thinning_takes_is_gone_for_good(sampler):
    sampling.start(64)
    sampler.seed(3)
    kept = [bytes(1000) for _ in range(5000)]
    sampler.set_interval(64_000)
    counts = sampler.counts()
    assert counts["thinned"] > 3000
    left = counts["live"]
    del kept
    assert sampler.counts()["live"] < left / 2 + 50
    assert sampler.counts()["live"] < 120  # the freed ones, also those thinned out, are no samples
