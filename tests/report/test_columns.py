from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.report import columns

any_text = st.text(st.characters(), max_size=60)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("shop.cart.CARTS", "shop.cart.CARTS"),
        ("购物车", "购物车"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("two\nlines\ttab", "two\\nlines\\ttab"),
        ("\u202eevil", "\\u202eevil"),
        ("a\u200bb", "a\\u200bb"),
        ("\ud800", "\\ud800"),
        ("para\u2029graph", "para\\u2029graph"),
        ("wide\u3000space", "wide space"),
        ("e\u0301", "e\u0301"),
        ("e\u0301\u0301\u0301", "e\u0301\u0301\\u0301"),
        ("heart\ufe0f", "heart\\ufe0f"),
    ],
)
def test_visible(name: str, shown: str) -> None:
    assert columns.visible(name) == shown


@given(any_text)
def test_visible_text_is_one_harmless_encodable_line(text: str) -> None:
    shown = columns.visible(text)
    shown.encode()
    assert len(f"x{shown}x".splitlines()) == 1
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs"} for c in shown)


def test_width_counts_wide_and_combining_characters() -> None:
    assert columns.width("cart") == 4
    assert columns.width("购物车") == 6
    assert columns.width("e\u0301") == 1


def test_fit_cuts_the_middle_and_keeps_more_of_the_end() -> None:
    assert columns.fit("jinja2.environment.Environment.cache", 20) == "jinja2.…onment.cache"
    assert columns.fit("short", 20) == "short"
    assert columns.fit("ab", 1) == "…"
    assert columns.fit("ab", 0) == ""


@given(any_text.map(columns.visible), st.integers(0, 40))
def test_columns_keep_their_width(text: str, limit: int) -> None:
    assert columns.width(columns.fit(text, limit)) <= limit
    assert columns.width(columns.left(text, limit)) == limit
    assert columns.width(columns.right(text, limit)) == limit


@given(any_text.map(columns.visible), st.integers(2, 40))
def test_wrap_loses_nothing_and_stays_within_the_columns(text: str, limit: int) -> None:
    lines = columns.wrap(text, limit)
    assert all(columns.width(line) <= limit for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_wrap_keeps_a_number_with_its_unit() -> None:
    assert columns.wrap("it holds 97.3 MB, 66 % of all", 14) == [
        "it holds",
        "97.3 MB, 66 %",
        "of all",
    ]
    assert columns.wrap("by 8.5 MB/min, so far", 14) == ["by 8.5 MB/min,", "so far"]
    assert columns.wrap("so far by 8.5 MB/min.", 12) == ["so far by", "8.5 MB/min."]


def test_apart_wants_a_gap() -> None:
    assert columns.apart("left", "right", 12) == "left   right"
    assert columns.apart("left", "right", 10) is None


@pytest.mark.parametrize(
    ("limit", "fitted"),
    [
        (40, "GET /shops/{shop}/orders/<int:order>"),
        (35, "GET /shops/…/orders/…"),
        (21, "GET /shops/…/orders/…"),
        (16, "GET /…/orders/…"),
    ],
)
def test_a_route_that_is_too_long_loses_its_parameters_first(limit: int, fitted: str) -> None:
    found = columns.fit_route("GET /shops/{shop}/orders/<int:order>", limit)
    assert found == fitted
    assert columns.width(found) <= limit
