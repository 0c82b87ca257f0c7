"""Somebody without the token is told how to log in; with it the page opens, with and without
JavaScript, in the language of the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from serving import Server

    from tests.browser.visitor import Visitor

pytestmark = pytest.mark.e2e


def test_without_the_token_the_page_says_how_to_log_in(shop: Server) -> None:
    # headless, the browser's own question for a password cannot be turned down
    answer = shop.get("/_leak", Accept="text/html")
    assert answer.status == 401
    assert "token" in answer.text
    assert "shop" not in answer.text


def test_with_the_token_the_page_comes_alive(visit: Callable[..., Visitor], shop: Server) -> None:
    visitor = visit(shop)
    visitor.find("html.alive").wait_for()
    visitor.find(".memory-chart canvas").wait_for()
    assert "shop" in visitor.find("#lg-overview .verdict").inner_text()
    assert visitor.find("#lg-graph").is_hidden()
    visitor.picture("overview")


def test_without_javascript_everything_is_on_one_page(
    visit: Callable[..., Visitor], shop: Server
) -> None:
    visitor = visit(shop, script=False)
    for section in ("overview", "workers", "routes", "suspects", "compare"):
        assert visitor.find(f"#lg-{section}").is_visible()
    assert visitor.find("#lg-suspects ol.chain li").count() > 1


@pytest.mark.parametrize("width", [390, 1280])
def test_a_chinese_browser_reads_chinese(
    visit: Callable[..., Visitor], shop: Server, width: int
) -> None:
    visitor = visit(shop, "#graph?suspect=1", language="zh-CN", width=width, dark=True)
    visitor.wait_for_graph()
    assert visitor.find("nav a[data-view=graph]").inner_text() == "引力图"
    assert visitor.page.evaluate("document.documentElement.lang").startswith("zh")
    # nothing sticks out to the side
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visitor.picture(f"graph-chinese-dark-{width}")
