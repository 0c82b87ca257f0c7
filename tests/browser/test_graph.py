"""The gravity graph by mouse and by keyboard; its state is in the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from serving import Server

    from tests.browser.visitor import Visitor

pytestmark = pytest.mark.e2e


@pytest.fixture
def graph(visit: Callable[..., Visitor], shop: Server) -> Visitor:
    visitor = visit(shop, "#graph?suspect=1")
    visitor.wait_for_graph()
    return visitor


def count(visitor: Visitor) -> int:
    return int(visitor.find("#lg-graph").get_attribute("data-nodes") or 0)


def closed_node(visitor: Visitor) -> dict[str, float]:
    """A node that can be opened, and the place of its circle."""
    closed = visitor.find(".graph-tree [aria-expanded=false]").first
    node = int(closed.get_attribute("data-node") or -1)
    return next(one for one in visitor.places() if one["id"] == node)


def centre(visitor: Visitor, node: float) -> tuple[float, float]:
    place = next(one for one in visitor.places() if one["id"] == node)
    return place["x"], place["y"]


def test_a_click_opens_and_closes_and_the_way_back_works(graph: Visitor) -> None:
    before = count(graph)
    node = closed_node(graph)
    graph.page.mouse.click(node["x"], node["y"])
    graph.until(f"document.querySelector('#lg-graph').dataset.nodes > {before}")
    assert f"expand={int(node['id'])}" in graph.state
    graph.page.go_back()
    graph.until(f"document.querySelector('#lg-graph').dataset.nodes == {before}")
    assert "expand" not in graph.state


def test_the_keyboard_reaches_everything(graph: Visitor) -> None:
    before = count(graph)
    graph.find(".graph-tree [tabindex='0']").focus()
    words = graph.find(".graph-words").inner_text()
    graph.page.keyboard.press("ArrowDown")
    graph.until("words => document.querySelector('.graph-words').innerText != words", words)
    node = closed_node(graph)
    graph.item(node["id"]).focus()
    graph.page.keyboard.press("Enter")
    graph.until(f"document.querySelector('#lg-graph').dataset.nodes > {before}")
    # the focus stays where it was, and what changed is said
    assert graph.item(node["id"]).evaluate("item => item === document.activeElement")
    assert str(count(graph)) in graph.find("#lg-graph [role=status]").inner_text()
    graph.page.keyboard.press("ArrowLeft")
    graph.until(f"document.querySelector('#lg-graph').dataset.nodes == {before}")


def test_what_was_drawn_unasked_closes_and_comes_back(graph: Visitor) -> None:
    before = count(graph)
    largest = graph.largest()
    suspect = graph.item(largest["id"])
    suspect.focus()
    graph.page.keyboard.press("ArrowLeft")
    graph.until(f"document.querySelector('#lg-graph').dataset.nodes < {before}")
    assert f"collapse={int(largest['id'])}&image=" in graph.state
    assert suspect.get_attribute("aria-expanded") == "false"
    closed = count(graph)
    graph.page.reload()
    graph.until(f"document.querySelector('#lg-graph')?.dataset.nodes == {closed}")
    graph.page.mouse.click(*centre(graph, largest["id"]))
    graph.until(f"document.querySelector('#lg-graph').dataset.nodes == {before}")
    assert "collapse" not in graph.state


def test_escape_leads_back_to_the_suspect(graph: Visitor) -> None:
    suspect = graph.item(graph.largest()["id"])
    suspect.focus()
    for _ in range(3):
        graph.page.keyboard.press("ArrowDown")
    assert not suspect.evaluate("item => item === document.activeElement")
    graph.page.keyboard.press("Escape")
    assert suspect.evaluate("item => item === document.activeElement")
    assert suspect.evaluate("item => getComputedStyle(item).outlineStyle") != "none"


def test_a_finger_opens_a_node(visit: Callable[..., Visitor], shop: Server) -> None:
    visitor = visit(shop, "#graph?suspect=1", touch=True, width=400)
    visitor.wait_for_graph()
    before = count(visitor)
    node = closed_node(visitor)
    visitor.page.touchscreen.tap(node["x"], node["y"])
    visitor.until(f"document.querySelector('#lg-graph').dataset.nodes > {before}")
    visitor.picture("graph-narrow")


def test_the_picture_of_an_image_is_always_the_same(
    visit: Callable[..., Visitor], shop: Server, graph: Visitor
) -> None:
    node = closed_node(graph)
    graph.item(node["id"]).focus()
    graph.page.keyboard.press("Enter")
    graph.until("location.hash.includes('expand')")
    graph.item(node["id"]).and_(graph.find("[aria-expanded=true]")).wait_for()
    drawn = []
    for _ in range(2):
        other = visit(shop, f"#{graph.state}")
        other.wait_for_graph()
        assert other.places() == graph.places()
        drawn.append(other.find(".graph-canvas").screenshot())
    assert drawn[0] == drawn[1]


def test_a_node_follows_the_mouse(graph: Visitor) -> None:
    largest = graph.largest()
    graph.page.mouse.move(largest["x"], largest["y"])
    graph.page.mouse.down()
    graph.page.mouse.move(largest["x"] + 60, largest["y"] + 80, steps=6)
    graph.until(
        "([id, x]) => document.querySelector('.graph-canvas').places()"
        ".find((one) => one.id === id).x > x",
        [largest["id"], largest["x"] - graph.find(".graph-canvas").bounding_box()["x"] + 30],
    )
    graph.page.mouse.up()
    assert "expand" not in graph.state  # it was no click


def test_names_that_look_like_markup_are_text(graph: Visitor) -> None:
    page = graph.page
    shown = ("types&search=img", "dominators", "modules")
    explored = [f"#explore?show={pane}" for pane in shown]
    for place in ("#graph?suspect=1", *explored, "#compare", "#overview"):
        graph.go(place)
        graph.find("html.alive").wait_for()
        graph.page.wait_for_load_state("networkidle")
        assert page.locator("main img, main b:not([class])").count() == 0
        assert page.title() != "1"
    graph.go("#explore?show=types&search=img")
    row = graph.find("#lg-explore tbody th").first
    row.wait_for()
    assert '<img src=x onerror="document.title=1">' in row.inner_text()
