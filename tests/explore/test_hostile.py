"""Names that look like markup, turn the writing or are too long; heaps that are far too wide."""

from __future__ import annotations

import images
import pytest

from leakguard.image import EdgeKind

VIEWS = ("graph", "dominators", "types", "node", "modules", "suspects")


def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)


def ask(asked, view, node=0):
    given = {"graph": {"node": node}, "node": {"node": node}}.get(view, {})
    return asked(view, **given)


@pytest.mark.parametrize("view", VIEWS)
def test_an_answer_is_small_whatever_the_names(hostile, view):
    for node in (0, 1, 3, 4):
        assert all(len(text) <= 800 for text in texts(ask(hostile, view, node)))


def test_markup_quotes_and_marks_go_through_as_they_are(hostile):
    named = {row["type"] for row in hostile("types", limit=500)["rows"]}
    for name in (images.MARKUP, images.QUOTES, images.TURNED, images.CONTROLS):
        assert f"{name}.{name}" in named
    functions = {edge["name"] for edge in hostile("node", node=4)["out"]["edges"]}
    assert functions == {images.MARKUP}


def test_a_long_name_keeps_its_beginning_and_its_end(hostile):
    found = hostile("types", search="very.long")["rows"][0]["type"]
    assert found.startswith("very.long.xxx")
    assert found.endswith("xxx")
    assert len(found) == 200


def test_the_lines_of_a_reference_list_escape_what_would_turn_them(hostile):
    lines = [line for suspect in (1, 2, 3, 4, 5, 6) for line in words(hostile, suspect)]
    assert any(images.MARKUP in line for line in lines)
    assert not any(mark in line for line in lines for mark in "\u202e\u2066\x00\x1b\n")


def words(asked, suspect):
    return [line for node in asked("graph", suspect=suspect)["nodes"] for line in node["words"]]


@pytest.fixture(scope="module")
def wide(look):
    """A list of 400 objects of 400 types, each of whose names is long and made of wide signs."""
    made = images.Maker()
    namespace = made.module("漢" * 5000, "/srv/" + "漢" * 5000)
    held = made.node("list", 8000)
    made.edge(namespace, EdgeKind.KEY, "\U0001f9e8" * 5000, held)
    for at in range(400):
        one = made.instance(f"\x01{at}" + "\U0001f9e8" * 5000, 5000)
        made.edge(held, EdgeKind.ATTR, f"\x02{at}" * 2000, one)
        for _ in range(3):
            one = made.edge(one, EdgeKind.ATTR, "\x03" * 5000, made.instance("\x04" * 5000, 9))
    return look(made.builder)


@pytest.mark.parametrize("limit", [300, 500])
def test_many_long_names_together_stay_below_a_megabyte(wide, limit):
    assert len(wide("graph", node=3, limit=limit)["nodes"]) > limit // 3
    assert len(wide("types", limit=limit)["rows"]) == min(limit, 405)
    assert len(wide("dominators", node=3, limit=limit)["children"]) == min(limit, 400)
    assert len(wide("node", node=3, limit=limit)["out"]["edges"]) == min(limit, 400)
    assert wide("modules")["children"]


def test_a_chain_that_is_as_deep_as_it_is_long_is_told_in_a_few_links(look):
    made = images.Maker()
    last = made.module("app", "/srv/app.py")
    for at in range(30_000):
        # no pattern: every seventh link is of another type than the seventh before it
        kind = at % 7 if at % 49 else at % 11 + 7
        link = made.instance(f"app.Link{kind}", 40)
        made.edge(last, EdgeKind.ATTR, f"to_{at % 5}", link)
        last = link
    asked = look(made.builder)
    told = asked("node", node=last)
    assert len(told["words"]) <= 12
    assert any("objects between" in line for line in told["words"])
    graph = asked("graph", node=last)
    assert len([node for node in graph["nodes"] if node["role"] == "chain"]) <= 12
    counts = sum(node["count"] for node in graph["nodes"] if node["role"] == "chain")
    assert counts == 30_000  # with the module, without the suspect and the silent __dict__
    assert asked("graph", node=1)["more"]["nodes"] > 29_000


def test_a_list_of_very_many_is_one_node(look):
    made = images.Maker()
    held = made.node("list", 800_000)
    made.edge(made.module("app", "/srv/app.py"), EdgeKind.KEY, "held", held)
    first = made.builder.type("app.Item", flags=3)
    for at in range(100_000):
        made.edge(held, EdgeKind.INDEX, at, made.builder.node(first, 48))
    graph = look(made.builder)("graph", node=1)
    assert [node["count"] for node in graph["nodes"]][:2] == [1, 100_000]
