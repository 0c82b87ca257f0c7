from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leakguard.report.screen import Section, compose, fixed


def growing(name: str, least: int, most: int) -> Section:
    return Section(lambda room: [name] * min(room, most), least, most)


def test_sections_stand_in_their_order_with_a_blank_line_between() -> None:
    lines = compose([fixed(["a"]), fixed([]), fixed(["b", "b"])], order=(2, 1, 0), height=9)
    assert lines == ["a", "", "b", "b"]


def test_the_most_important_section_gets_its_lines_first() -> None:
    sections = [growing("a", 1, 9), growing("b", 4, 4)]
    assert compose(sections, order=(1, 0), height=6) == ["a", "", *"bbbb"]
    assert compose(sections, order=(1, 0), height=5) == [*"bbbb"]
    assert compose(sections, order=(0, 1), height=8) == [*"aaa", "", *"bbbb"]


def test_a_section_that_tells_nothing_leaves_no_blank_line() -> None:
    silent = Section(lambda room: [], 2, 2)
    assert compose([fixed(["a"]), silent, fixed(["b"])], order=(0, 1, 2), height=9) == [
        "a",
        "",
        "b",
    ]


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=8),
    st.integers(0, 30),
)
def test_the_screen_is_never_exceeded(sizes: list[tuple[int, int]], height: int) -> None:
    sections = [growing("x", min(pair), max(pair)) for pair in sizes]
    assert len(compose(sections, order=range(len(sections)), height=height)) <= height
