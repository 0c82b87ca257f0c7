"""The overview: its lines, a snapshot and its cost, on a telephone, in Chinese, on paper."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.test_accessibility import serious

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Route
    from serving import Server

    from tests.browser.visitor import Visitor

pytestmark = pytest.mark.e2e

STICKS_OUT = """() => [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".scroll")
        && !one.closest("nav") && getComputedStyle(one).position !== "absolute")
    .map((one) => one.outerHTML.slice(0, 120))"""
# What is said: text beside the names of somebody's code.
SAID = """() => {
    const found = [];
    const walk = (node) => {
        if (node.nodeType === Node.TEXT_NODE && node.data.trim()) found.push(node.data.trim());
        if (node.nodeType !== Node.ELEMENT_NODE || node.matches("bdi, script")) return;
        if (node.getAttribute("aria-label")) found.push(node.getAttribute("aria-label"));
        node.childNodes.forEach(walk);
    };
    walk(document.body);
    return found;
}"""
ENGLISH = re.compile(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}")


def test_every_worker_and_route_has_a_line(visit: Callable[..., Visitor], shop: Server) -> None:
    for script in (True, False):
        visitor = visit(shop, script=script)
        for section in ("workers", "routes"):
            line = visitor.find(f"#lg-{section} td.trend svg.spark").first
            line.wait_for()
            assert re.match("From .* to .* in ", line.get_attribute("aria-label") or "")


def test_a_snapshot_tells_how_far_it_is_and_what_it_did_cost(
    visit: Callable[..., Visitor], shop: Server
) -> None:
    visitor = visit(shop)
    visitor.find("html.alive").wait_for()
    section = visitor.find("#lg-snapshot")
    assert re.search(r"paused the process for [\d.]+ m?s", section.inner_text())
    # the server's answer is held back until the page has asked how far it is
    held: list[Route] = []
    visitor.page.route("**/snapshot", lambda route: held.append(route))
    told = {"running": True, "share": 0.43}
    visitor.page.route("**/progress", lambda route: route.fulfill(json=told))
    section.get_by_role("button").click()
    status = visitor.find("#lg-snapshot-status")
    status.get_by_text("43 % done").wait_for()
    assert status.get_by_role("progressbar").evaluate("bar => bar.value") == 0.43
    assert section.get_by_role("button").is_disabled()
    visitor.picture("snapshot-running")
    held[0].continue_()
    status.get_by_text(re.compile("Done|No new snapshot")).wait_for()
    assert status.get_by_role("progressbar").count() == 0


def test_a_second_press_does_not_repeat_the_cost(
    visit: Callable[..., Visitor], shop: Server
) -> None:
    visitor = visit(shop)
    visitor.find("html.alive").wait_for()
    status = visitor.find("#lg-snapshot-status")
    visitor.find("#lg-snapshot button").click()
    status.get_by_text(re.compile("Done|No new snapshot")).wait_for()
    visitor.find("#lg-snapshot button").click()
    status.get_by_text("No new snapshot was taken").wait_for()
    assert "Done" not in status.inner_text()


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("script", [True, False])
def test_nothing_sticks_out_of_a_narrow_screen(
    visit: Callable[..., Visitor], shop: Server, axe: str, language: str, script: bool
) -> None:
    visitor = visit(shop, width=360, language=language, script=script, dark=True)
    views = ("overview", "explore?show=types", "compare") if script else ("",)
    for view in views:
        visitor.go(f"#{view}")
        if script:
            visitor.find("html.alive").wait_for()
            visitor.page.wait_for_load_state("networkidle")
        visitor.until("document.querySelector('.waiting, [aria-busy]') === null")
        assert visitor.page.evaluate(STICKS_OUT) == []
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 360
        assert not script or serious(visitor, axe) == []  # axe itself is a script
    visitor.picture(f"narrow-{language}-{'script' if script else 'plain'}")


def test_no_view_is_left_in_english(visit: Callable[..., Visitor], shop: Server) -> None:
    visitor = visit(shop, language="zh-CN")
    visitor.find("html.alive").wait_for()
    visitor.find("#lg-snapshot button").click()
    visitor.find("#lg-snapshot-status").get_by_text(re.compile("完成|没有进行新")).wait_for()
    for place in (
        *("#overview", "#graph?suspect=1", "#explore?show=types", "#explore?show=dominators"),
        *("#explore?show=modules", "#compare", "#explore?show=object&node=99999999"),
        *("#graph?suspect=49", "#graph?image=nothing", "#explore?show=types&search=qqqqqq"),
    ):
        visitor.go(place)
        visitor.page.wait_for_load_state("networkidle")
        left = [text for text in visitor.page.evaluate(SAID) if ENGLISH.search(text)]
        assert left == [], place


def test_paper_shows_what_is_to_be_read(visit: Callable[..., Visitor], shop: Server) -> None:
    visitor = visit(shop, dark=True)
    visitor.find("html.alive").wait_for()
    visitor.page.emulate_media(media="print")
    assert visitor.find("#lg-snapshot form").is_hidden()
    assert visitor.find("#lg-suspects article").first.is_visible()
    ink = "getComputedStyle(document.body).backgroundColor"
    assert visitor.page.evaluate(ink) == "rgb(255, 255, 255)"
