"""Looking around in a snapshot; each view has an address that leads to it again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

import leakguard

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from serving import Server

    from tests.browser.visitor import Visitor

pytestmark = pytest.mark.e2e


def test_types_are_searched_and_sorted(visit: Callable[..., Visitor], shop: Server) -> None:
    visitor = visit(shop, "#explore?show=types")
    visitor.find("#lg-explore tbody tr").first.wait_for()
    visitor.page.get_by_role("searchbox").fill("shop.Ca")
    visitor.until("document.querySelectorAll('#lg-explore tbody tr').length === 1")
    assert "shop.Cart" in visitor.find("#lg-explore tbody").inner_text()
    assert "search=shop.Ca" in visitor.state
    visitor.find("#lg-explore thead button").first.click()
    visitor.until("location.hash.includes('sort=count')")
    visitor.page.reload()
    visitor.find("th[aria-sort]").get_by_text("Objects").wait_for()
    assert visitor.page.get_by_role("searchbox").input_value() == "shop.Ca"
    visitor.picture("types")


def test_the_dominator_tree_opens_level_by_level(
    visit: Callable[..., Visitor], shop: Server
) -> None:
    visitor = visit(shop, "#explore?show=dominators")
    tree = visitor.find(".dominator-tree")
    tree.wait_for()
    rows = tree.locator(":scope > [data-node]")
    assert rows.count() == 50
    visitor.find(".more").first.click()
    visitor.until("document.querySelectorAll('.dominator-tree > [data-node]').length > 50")
    row = tree.locator("[role=treeitem][aria-expanded=false]").first
    node = row.get_attribute("data-node")
    row.locator(".line").click()
    opened = tree.locator(f"[data-node='{node}'][aria-expanded=true] [role=group] [role=treeitem]")
    opened.first.wait_for()
    visitor.until(f"location.hash.includes('open={node}')")
    visitor.page.reload()
    opened.first.wait_for()
    visitor.picture("dominators")


def test_an_object_leads_to_what_refers_to_it(visit: Callable[..., Visitor], shop: Server) -> None:
    visitor = visit(shop, "#graph?suspect=1")
    visitor.wait_for_graph()
    visitor.find(".graph-words a").click()
    visitor.find(".object-head ol.words li").first.wait_for()
    before = visitor.state
    visitor.find(".references a").first.click()
    visitor.until("before => location.hash !== '#' + before", before)
    visitor.find(".object-head").wait_for()
    visitor.page.go_back()
    assert visitor.state == before
    visitor.picture("object")


def test_modules_are_drawn_and_listed(visit: Callable[..., Visitor], shop: Server) -> None:
    visitor = visit(shop, "#explore?show=modules")
    visitor.find(".treemap canvas").wait_for()
    names = visitor.find(".module-rows .what").all_inner_texts()
    assert "shop" in names
    visitor.find(".module-rows button").first.click()
    visitor.until("location.hash.includes('path=')")
    visitor.find(".crumbs button").first.click()
    visitor.until("!location.hash.includes('path=')")
    visitor.picture("modules")


def test_two_snapshots_are_compared(visit: Callable[..., Visitor], shop: Server) -> None:
    visitor = visit(shop, "#compare")
    visitor.find(".comparison tbody tr").first.wait_for()
    holders, types = visitor.find(".comparison table").all()
    first = holders.locator("tbody tr").first.inner_text()
    assert "shop" in first
    assert "+" in first
    assert "shop.Cart" in types.inner_text()
    visitor.picture("compare")
    # the earlier one is compared with, whichever of the two is named first
    images = visitor.answer("images")["images"]
    newest, oldest = images[0]["id"], images[-1]["id"]
    visitor.go(f"#compare?from={newest}&to={oldest}")
    visitor.find(".comparison tbody tr").first.wait_for()
    chosen = [select.input_value() for select in visitor.find("#lg-compare select").all()]
    assert chosen == [oldest, newest]
    assert holders.locator("tbody tr").first.inner_text() == first


def test_a_link_to_a_snapshot_that_is_gone_says_so(
    visit: Callable[..., Visitor], shop: Server
) -> None:
    visitor = visit(shop)
    for view, asks in {
        "graph": "image=x1-5-6&node=17",
        "explore": "image=x1-5-6&show=object&node=17",
        "compare": "to=x1-5-6",
    }.items():
        visitor.go(f"#{view}?{asks}")
        visitor.find(f"#lg-{view} .failed", has_text="kept no more").wait_for()
        assert visitor.find(f"#lg-{view} select").first.is_visible()


def test_two_files_are_compared(
    visit: Callable[..., Visitor], shop: Server, tmp_path: Path
) -> None:
    visitor = visit(shop, "#compare")
    files = [tmp_path / "before.lgheap", tmp_path / "after.lgheap"]
    for taken, file in enumerate(files, start=1):
        leakguard.snapshot(file)
        os.utime(file, (taken, taken))  # the older one is compared with
    visitor.find("#compare-files").set_input_files(files)
    visitor.find(".comparison .lead", has_text="before.lgheap → after.lgheap").wait_for()
    visitor.picture("compare-files")
