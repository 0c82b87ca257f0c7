from __future__ import annotations

from dataclasses import replace

import pytest

from leakguard.analysis.findings import Link, Suspect
from leakguard.report.chain import MOST_LINKS, chain_height, chain_lines
from leakguard.report.columns import width
from leakguard.report.style import Style

PLAIN = Style()


def link_line(suspect: Suspect, link: Link, columns: int = 80) -> str:
    lines = chain_lines(replace(suspect, chain=(suspect.chain[0], link)), 9, columns, PLAIN)
    assert len(lines) == 3
    return lines[2]


def test_each_link_tells_type_edge_repeats_and_place(carts: Suspect) -> None:
    heading, *links = chain_lines(carts, 20, 80, PLAIN)
    assert heading.startswith("1 is held by")
    assert [" ".join(line.split()) for line in links] == [
        "[module] shop.cart /srv/shop/cart.py",
        "---> [dict] .CARTS",
        "---> 41,207 × [shop.cart.Cart] under str keys /srv/shop/cart.py:20",
        "---> 41,207 × [list] .lines",
    ]
    assert width(links[0]) == width(links[2]) == 80


@pytest.mark.parametrize(
    ("edge", "repeats", "words"),
    [
        ("[]", 5, "as items"),
        ("[]", 1, "as an item"),
        ("[int]", 1, "under an int key"),
        ("[str]", 1, "under a str key"),
        ("[other]", 2, "under keys"),
        ("['connect']", 1, "['connect']"),
        ("free variable 'original'", 199, "free variable 'original'"),
    ],
)
def test_an_edge_reads_like_words(carts: Suspect, edge: str, repeats: int, words: str) -> None:
    line = link_line(carts, Link("list", "", edge, None, None, repeats))
    assert line.endswith(f"[list] {words}")


def test_a_named_object_tells_its_name_first(carts: Suspect) -> None:
    line = link_line(carts, Link("function", "shop.bus.on_connect", ".handler", None, None))
    assert line == "  ---> [function] shop.bus.on_connect (.handler)"


def test_an_edge_that_repeats_the_name_is_left_out(carts: Suspect) -> None:
    line = link_line(carts, Link("function", "shop.bus.run", ".run", None, None))
    assert line == "  ---> [function] shop.bus.run"


def test_a_path_gives_way_to_the_name(carts: Suspect) -> None:
    name = "shop.replace_thing.<locals>.some_method"
    link = Link("function", name, "", "/srv/a/very/long/way/down/to/leaky.py", 30, 199)
    line = link_line(carts, link)
    assert name in line
    assert line.endswith("  leaky.py:30")
    assert width(line) == 80


def test_the_end_of_a_name_that_is_too_long_stays(carts: Suspect) -> None:
    link = Link("function", "package." * 20 + "handler", "[]", "/srv/shop/bus.py", 41)
    line = link_line(carts, link)
    assert ".handler" in line
    assert "[function]" in line
    assert line.endswith("bus.py:41")


def test_the_place_of_an_installed_package_starts_at_the_package(listeners: Suspect) -> None:
    lines = chain_lines(listeners, 20, 80, PLAIN)
    assert lines[2].endswith(" pyee/base.py:30")


def test_a_long_chain_is_folded_in_the_middle_and_counted(carts: Suspect) -> None:
    chain = tuple(Link("list", "", f".level{at}", None, None) for at in range(500))
    suspect = replace(carts, chain=chain)
    lines = chain_lines(suspect, 50, 80, PLAIN)
    assert len(lines) == chain_height(suspect) == 1 + MOST_LINKS
    assert ".level0" in lines[1]
    assert ".level499" in lines[-1]
    shown = sum(".level" in line for line in lines)
    assert sum(f"… and {500 - shown} more links" in line for line in lines) == 1


def test_a_chain_of_exactly_a_dozen_links_is_whole(carts: Suspect) -> None:
    chain = tuple(Link("list", "", f".level{at}", None, None) for at in range(MOST_LINKS))
    lines = chain_lines(replace(carts, chain=chain), 50, 80, PLAIN)
    assert len(lines) == 1 + MOST_LINKS
    assert not any("more links" in line for line in lines)


def test_without_room_or_links_nothing_is_said(carts: Suspect) -> None:
    assert chain_lines(carts, 1, 80, PLAIN) == []
    assert chain_lines(replace(carts, chain=()), 9, 80, PLAIN) == []
    assert chain_height(replace(carts, chain=())) == 0
