from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.analysis.evidence import TermMove
from leakguard.analysis.findings import (
    KINDS,
    Findings,
    Link,
    ProcessFacts,
    SnapshotFacts,
    Suspect,
    TypeRow,
    Verdict,
)
from leakguard.analysis.route_findings import AllocationLine
from leakguard.report import Report
from leakguard.report.screen import Screen
from leakguard.report.text import render

MakeReport = Callable[..., Report]
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Route:
    route: str
    requests: int
    errors: int
    in_flight: int
    mean_seconds: float
    memory: None = None


def drawn_width(line: str) -> int:
    """Columns on a terminal, counted without the code under test."""
    return sum(
        0
        if unicodedata.category(character) in ("Mn", "Me")
        else 1 + (unicodedata.east_asian_width(character) in ("W", "F"))
        for character in line
    )


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_order_is_verdict_heap_suspects_chains_types_routes_cost(
    make_report: MakeReport,
) -> None:
    text = render(make_report())
    landmarks = [
        "web-1 · pid 4242 · CPython 3.12.1 · up 2 h 04 min",
        "shop.cart.CARTS holds 41,207 ×",
        "Usual fix: Bound the cache",
        "211 MB resident, 148 MB of Python objects",
        "1,027,479 objects, 96 % of what is allocated was reached",
        " #  retained",
        "1 is held by",
        "---> [dict] .CARTS",
        "2 is held by",
        "types ",
        "routes ",
        "a forked child walked 474,186 nodes, 911,434 references; pause 3 ms",
    ]
    places = [text.find(landmark) for landmark in landmarks]
    assert -1 not in places
    assert places == sorted(places)


def test_the_title_tells_the_cost_at_the_right(make_report: MakeReport) -> None:
    title = render(make_report()).splitlines()[0]
    assert title.endswith("  paused 3 ms, took 200 ms")
    assert drawn_width(title) == 80


def test_an_old_answer_tells_its_age(make_report: MakeReport) -> None:
    assert "took 200 ms, taken 12 s ago\n" in render(make_report(age_seconds=12.0))
    assert "ago" not in render(make_report())


def test_the_application_is_called_by_its_name(make_report: MakeReport) -> None:
    assert render(make_report(app="shop")).startswith("shop · pid 4242")


def test_the_verdict_says_how_sure_it_is(make_report: MakeReport) -> None:
    assert "shop.cart.Cart: 97.3 MB (97 % sure)." in words(render(make_report()))


def test_a_fix_for_another_kind_than_the_verdicts_names_its_suspect(
    make_report: MakeReport,
) -> None:
    report = make_report(verdict=Verdict("fragmentation", "The allocator keeps 2 GB.", 0.6))
    assert "Usual fix of 1: Bound the cache" in render(report)


def test_the_second_chain_brings_its_own_fix(make_report: MakeReport) -> None:
    text = render(make_report())
    assert "Usual fix: Remove the listener" in text[text.index("2 is held by") :]


def test_nothing_found_shows_no_suspects(quiet: Report) -> None:
    text = render(quiet)
    assert "Nothing stands out in this heap (80 % sure)." in text
    assert "is held by" not in text
    assert "Usual fix" not in text
    assert "GET /cart/{n}" in text


def test_unknown_figures_are_left_out(make_report: MakeReport) -> None:
    report = make_report()
    findings = replace(
        report.findings,
        process=replace(report.findings.process, rss_bytes=0),
        snapshot=replace(report.findings.snapshot, coverage=None, capture="inline"),
    )
    text = render(replace(report, findings=findings))
    assert "resident" not in text
    assert "reached" not in text
    assert "the process stood still for 3 ms" in text


def test_notes_are_shown_and_kept_short(make_report: MakeReport) -> None:
    assert "note     clone was denied\n" in render(make_report(notes=("clone was denied",)))
    lines = render(make_report(notes=("why " * 200,))).splitlines()
    told = [line for line in lines if " why why" in line]
    assert len(told) == 3
    assert told[-1].endswith("why …")


def test_without_space_the_bottom_is_folded_and_the_answer_stays(
    make_report: MakeReport, carts: Suspect
) -> None:
    suspects = tuple(replace(carts, rank=rank) for rank in range(1, 51))
    types = tuple(TypeRow(f"shop.Type{at}", 1, 1, 1) for at in range(20))
    routes = [Route(f"GET /{at}", 1, 0, 0, 0.1) for at in range(1_000)]
    text = render(make_report(suspects=suspects, types=types, routes=routes))
    assert len(text.splitlines()) <= 50
    assert "shop.cart.CARTS holds 41,207 ×" in text
    assert all(
        edge in text for edge in ("[module] shop.cart", ".CARTS", "under str keys", ".lines")
    )
    suspects_left_out = re.search(r"… and (\d+) more suspects", text)
    routes_left_out = re.search(r"… and (\d+) more routes", text)
    assert suspects_left_out is not None
    assert routes_left_out is not None
    assert int(suspects_left_out[1]) + len(re.findall(r"(?m)^ *\d+ +97.3 MB", text)) == 50
    assert int(routes_left_out[1]) + text.count(" GET /") == 1_000


def test_a_low_screen_keeps_verdict_and_first_chain(make_report: MakeReport) -> None:
    text = render(make_report(), height=20)
    assert len(text.splitlines()) <= 20
    assert "shop.cart.CARTS holds 41,207 ×" in text
    assert "41,207 × [list] .lines" in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_hostile_name_cannot_leave_its_place(make_report: MakeReport, width: int) -> None:
    evil = "\x1b[2J\x1b[31m\r\n\u202eEvil\x07\u2028购物车"
    link = Link(evil, evil, evil, evil, 1, 3)
    suspect = Suspect(1, "other", evil, 1, 0.5, evil, 1, evil, evil, (link, link))
    report = make_report(
        verdict=Verdict("other", evil, 0.5),
        suspects=(suspect,),
        types=(TypeRow(evil, 1, 1, 1),),
        routes=[Route(evil, 1, 1, 1, 1.0)],
        notes=(evil,),
        app=evil,
    )
    text = render(report, width=width)
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Zl"} for c in text.replace("\n", ""))
    assert all(drawn_width(line) <= width for line in text.split("\n"))
    assert "Evil" in text


def test_colour_changes_no_column(make_report: MakeReport) -> None:
    report = make_report(age_seconds=3.0)
    coloured = render(report, colour=True)
    assert ANSI.search(coloured)
    assert ANSI.sub("", coloured) == render(report)
    assert not ANSI.search(render(report))


names = st.text(st.characters(), max_size=20) | st.text("a.购\u0301 (", max_size=300)
numbers = st.integers(0, 10**25)
spans = st.floats(0, 1e12)
links = st.builds(
    Link,
    names,
    names,
    names | st.sampled_from(["[]", "[str]", ".pending"]),
    st.none() | names,
    st.none() | st.integers(1, 10**9),
    st.integers(1, 10**12),
)
suspects = st.builds(
    Suspect,
    st.integers(1, 50),
    st.sampled_from(KINDS),
    names,
    numbers,
    st.floats(0, 1),
    names,
    numbers,
    names,
    names,
    st.lists(links, max_size=20).map(tuple),
)
findings = st.builds(
    Findings,
    st.builds(ProcessFacts, st.integers(0, 2**32), names, names, spans, numbers),
    st.builds(
        SnapshotFacts,
        st.sampled_from(["fork", "inline", "portable"]) | names,
        *(spans, spans, numbers, numbers, numbers, numbers),
        st.none() | st.floats(0, 1.2),
    ),
    st.builds(Verdict, st.sampled_from(KINDS), names | names.map(lambda n: n * 9), st.floats(0, 1)),
    st.lists(suspects, max_size=4).map(lambda few: (*few, *few[:1] * (46 if len(few) == 4 else 0))),
    st.lists(st.builds(TypeRow, names, numbers, numbers, numbers), max_size=20).map(tuple),
    st.lists(names, max_size=4).map(tuple),
)
routes = st.lists(st.builds(Route, names, numbers, numbers, numbers, spans), max_size=4).map(
    lambda few: few * (250 if len(few) == 4 else 1)
)


@given(
    st.builds(Report, findings, routes, spans, names),
    st.integers(60, 130),
    st.integers(20, 60),
    st.booleans(),
)
def test_whatever_was_found_fits_the_screen(
    report: Report, width: int, height: int, colour: bool
) -> None:
    text = render(report, width=width, height=height, colour=colour)
    text.encode()
    lines = ANSI.sub("", text).split("\n")
    assert lines.pop() == ""
    assert len(lines) <= height
    assert max(map(drawn_width, lines)) <= width
    if report.findings.suspects and report.findings.suspects[0].chain:
        assert sum(" is held by " in line for line in lines) >= 1


def test_the_resident_memory_is_a_sum(make_report: MakeReport) -> None:
    terms = {"rss": 211_000_000, "python_objects": 148_000_000, "python_slack": 9_000_000}
    terms |= {"c_heap_in_use": 31_000_000, "c_heap_free": 0, "mappings": 17_000_000}
    screen = render(replace(make_report(), terms=terms))
    line = next(line for line in screen.splitlines() if line.startswith("memory"))
    assert line == ("memory   211 MB = 148 MB Python objects + 9.00 MB allocator slack + 31.0 MB C")
    unknown = dict.fromkeys(terms)
    assert "resident" in render(replace(make_report(), terms=unknown))


def test_a_verdict_that_says_how_sure_it_is_is_not_told_twice(make_report: MakeReport) -> None:
    text = "GET /a leaks 9 bytes a request (97 % sure): Cart objects in shop.CARTS."
    report = make_report(verdict=Verdict("global-cache", text, 0.97))
    assert words(render(report)).count("% sure") == 1


def test_advice_and_doubt_follow_the_sentence(make_report: MakeReport) -> None:
    verdict = Verdict(
        "native",
        "The C heap grows by 3.1 MB/min (98 % sure).",
        0.98,
        "c_heap_in_use",
        "Look at the C extensions.",
        "One more snapshot will tell.",
    )
    lines = render(make_report(verdict=verdict, suspects=())).splitlines()
    at = lines.index("The C heap grows by 3.1 MB/min (98 % sure).")
    assert lines[at + 1 : at + 4] == [
        "What to try: Look at the C extensions.",
        "One more snapshot will tell.",
        "",
    ]
    leak = replace(verdict, kind="global-cache", advice="Bound the cache.")
    assert "Usual fix: Bound the cache" in render(make_report(verdict=leak))


def test_the_lines_that_allocated_the_first_suspect_follow_its_chain(
    make_report: MakeReport, carts: Suspect
) -> None:
    lines = tuple(
        AllocationLine(f"/srv/shop/{name}.py", 41, "Cart.add", share, round(share * 9_000_000))
        for name, share in (("cart", 0.9), ("till", 0.06), ("a", 0.03), ("b", 0.01))
    )
    text = render(make_report(suspects=(replace(carts, lines=lines),)))
    block = text[text.index("1 was allocated at") :].splitlines()[:5]
    assert block[1].split() == ["/srv/shop/cart.py:41", "Cart.add", "90", "%", "8.10", "MB"]
    assert block[4] == ""
    assert text.index("1 is held by") < text.index("1 was allocated at") < text.index("types ")


@pytest.mark.parametrize("width", [60, 80])
def test_a_growing_term_tells_its_pace(make_report: MakeReport, width: int) -> None:
    terms = {"rss": 211_000_000, "python_objects": 148_000_000, "c_heap_in_use": 31_000_000}
    trends = tuple(
        TermMove(name, 1, 96e6, 60.0, pace, pace, pace, 0.99, pace > 0)
        for name, pace in (("python_objects", 1_100_000.0), ("c_heap_in_use", 0.0))
    )
    text = render(replace(make_report(), terms=terms, trends=trends), width=width)
    assert (
        "memory 211 MB = 148 MB Python objects (+1.10 MB/min) + 31.0 MB C heap heap 1,027,479"
        in words(text)
    )


def test_one_line_that_allocated_stands_beside_its_heading(
    make_report: MakeReport, carts: Suspect
) -> None:
    long = AllocationLine("/srv/shop/cart.py", 41, "Cart." + "very_" * 8 + "long", 1.0, 9_000_000)
    short = replace(long, function="Cart.add")
    text = render(make_report(suspects=(replace(carts, lines=(short,)),)))
    assert "\n1 was allocated at /srv/shop/cart.py:41  Cart.add" in text
    text = render(make_report(suspects=(replace(carts, lines=(long,)),)))
    assert "\n1 was allocated at\n  cart.py:41  Cart.ve" in text


def busy_report(make_report: MakeReport, suspect: Suspect, count: int) -> Report:
    """Of a service with that many leaks and 13 clean routes, with nothing told in few words."""
    chain = (suspect.chain[0], *(replace(suspect.chain[1], edge=f".a{at}") for at in range(30)))
    lines = tuple(
        AllocationLine("/srv/shop/cart.py", at, "Cart.add", 0.3, 3_000_000) for at in range(3)
    )
    return make_report(
        verdict=Verdict("global-cache", "why " * 100, 0.9, "", "", "Ask again."),
        suspects=tuple(
            replace(suspect, rank=rank, chain=chain, lines=lines) for rank in range(1, count + 1)
        ),
        types=tuple(TypeRow(f"shop.Type{at}", 1, 1, 1) for at in range(20)),
        routes=[Route(f"GET /clean/{at}", 1, 0, 0, 0.1) for at in range(13)],
        notes=("One thing.", "Another thing."),
    )


@pytest.mark.parametrize(("count", "most"), [(0, 40), (1, 40), (2, 41), (5, 44)])
def test_the_usual_report_takes_about_forty_lines(
    make_report: MakeReport, carts: Suspect, count: int, most: int
) -> None:
    text = render(busy_report(make_report, carts, count))
    assert len(text.splitlines()) <= most
    assert "… and " in text[text.index("\nroutes ") :]
    assert text.count("; a larger top or JSON shows them\n") == 1
    assert "note     Another thing." in text
    assert ("1 was allocated at" in text) == (count > 0)
    assert ("2 was allocated at" in text) == (count == 2)


def test_a_larger_top_shows_every_chain_and_row(make_report: MakeReport, carts: Suspect) -> None:
    text = render(busy_report(make_report, carts, 6), height=Screen.height_for(20), top=20)
    for rank in range(1, 7):
        assert f"\n{rank} is held by" in text
        assert f"\n{rank} was allocated at" in text
    assert "more types" not in text
    assert "more routes" not in text
    assert "a larger top" not in text


def test_a_small_top_shows_few_rows(quiet: Report, make_report: MakeReport, carts: Suspect) -> None:
    text = render(busy_report(make_report, carts, 1), top=1)
    assert "… and 19 more types" in text
    assert "… and 12 more routes" in text


def test_the_fix_of_two_suspects_is_said_once(make_report: MakeReport, carts: Suspect) -> None:
    text = render(make_report(suspects=(carts, replace(carts, rank=2))))
    assert text.count("Usual fix") == 1
