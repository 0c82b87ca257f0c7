from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.report import units


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.00 kB"),
        (97_300_000, "97.3 MB"),
        (999_600, "1.00 MB"),
        (148_000_000, "148 MB"),
        (1_592_000_000, "1.59 GB"),
        (7 * 10**20, "700 EB"),
        (12 * 10**30, "1.20e31 B"),
        (-2_000, "-2.00 kB"),
    ],
)
def test_size(amount: int, text: str) -> None:
    assert units.size(amount) == text


@given(st.integers(min_value=0, max_value=10**22))
def test_size_has_at_most_three_digits(amount: int) -> None:
    digits = units.size(amount).split(" ")[0].partition("e")[0]
    assert len(digits.replace(".", "")) <= 3


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0"), (1_027_479, "1,027,479"), (10**15, "1.00e15"), (-(10**16), "-1.00e16")],
)
def test_count(amount: int, text: str) -> None:
    assert units.count(amount) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"),
        (0.0001, "<0.1 %"),
        (0.004, "0.4 %"),
        (0.0096, "1 %"),
        (0.46, "46 %"),
        (1, "100 %"),
        (float("nan"), "? %"),
    ],
)
def test_percent(share: float, text: str) -> None:
    assert units.percent(share) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (-1, "0 s"),
        (1e-9, "<1 µs"),
        (0.0002, "200 µs"),
        (0.003, "3 ms"),
        (0.0031, "3.1 ms"),
        (0.212, "212 ms"),
        (0.9996, "1 s"),
        (1.23, "1.2 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (245, "4 min 05 s"),
        (3_599.9, "1 h 00 min"),
        (7_440, "2 h 04 min"),
        (86_400 * 3 + 4 * 3_600, "3 d 04 h"),
        (float("inf"), "?"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert units.duration(seconds) == text


def test_one_request_is_one() -> None:
    assert [units.requests(count) for count in (0, 1, 3_200)] == [
        "0 requests",
        "1 request",
        "3,200 requests",
    ]
