"""The page in a real browser: how soon a graph is drawn, and how smoothly it is dragged.

`python -P benchmarks/page.py [--screenshots DIR]` needs Chromium. The server is the tests' shop,
beside whose images made ones are put: of 10,000 objects and of 1,000,000. Each is opened by a
browser that has nothing of the page yet, and by an explorer that has to be started. The graph of
300 nodes is made up, since how many there are is what counts.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
# the repository last: the package that is installed is what is measured
sys.path[:0] = [str(ROOT / "examples"), str(ROOT / "tests/explore")]
sys.path.append(str(ROOT))

import images  # noqa: E402
from serving import Server, serving  # noqa: E402
from traffic import send  # noqa: E402

from tests.browser.measuring import Sizes, dragged, keep, opened  # noqa: E402

NODES = 300
LEAST_FRAMES = 30  # a second
MOST_SECONDS = 1.0
MOST_BYTES = 1_000_000


def made_up(nodes: int) -> dict[str, Any]:
    """A suspect, a chain of four, and everything else below it in three levels."""
    told: list[dict[str, Any]] = []
    edges = []
    for number in range(nodes):
        role = "suspect" if number == 0 else "chain" if number < 4 else "ordinary"
        told.append(
            {
                "id": number,
                "type": f"shop.Type{number}",
                "name": "",
                "retained": 10_000_000 // (number + 1),
                "shallow": 100,
                "count": 1 + number % 7,
                "role": role,
                "expandable": number % 9 == 0,
                "words": [f"line {line}" for line in range(6)],
            }
        )
        if number:
            above = number - 1 if number < 4 else (number - 4) // 6
            chain = role == "chain"
            edges.append({"from": above, "to": number, "label": ".part", "chain": chain})
    return {"nodes": told, "edges": edges, "more": {"nodes": 41_000, "bytes": 500_000}}


def snapshot(server: Server) -> None:
    headers = {"Authorization": f"Bearer {server.token}", "X-LeakGuard": "1"}
    request = urllib.request.Request(server.url("/_leak/snapshot"), headers=headers, method="POST")
    with urllib.request.urlopen(request, timeout=120) as answer:
        answer.read()


def visitor(browser: Browser, server: Server) -> Page:
    """A page of a browser that has never been here."""
    return browser.new_context(
        http_credentials={"username": "any", "password": server.token},
        viewport={"width": 1280, "height": 900},
    ).new_page()


def large(objects: int) -> images.ImageBuilder:
    """An image of so many objects: a list of items with a few things of their own."""
    made = images.Maker()
    held = made.node("list", 8 * objects, images.TypeKind.LIST)
    made.edge(made.module("big.shop", "/srv/big.py"), images.EdgeKind.KEY, "ITEMS", held)
    for at in range(objects // 4):
        item = made.instance(f"big.shop.Kind{at % 400}", 56)
        made.edge(held, images.EdgeKind.INDEX, at, item)
        for part in range(3):
            below = made.node("bytearray", 50 + at % 300)
            made.edge(item, images.EdgeKind.ATTR, f"part_{part}", below)
    return made.builder


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--screenshots", type=Path)
    options = parser.parse_args()
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_path is None:
        print("this needs a browser: apt-get install chromium", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        os.environ["XDG_RUNTIME_DIR"] = place
        app = ROOT / "tests/browser/apps"
        environment = {"XDG_RUNTIME_DIR": place}
        with serving("shop:app", app, Path(place) / "log", env=environment) as server:
            send(server.url("/cart"), 500)
            snapshot(server)
            browser = playwright.chromium.launch(
                executable_path=browser_path, args=["--no-sandbox"]
            )
            address = server.url("/_leak#graph?suspect=1")
            shop = opened(visitor(browser, server), address)
            keep(large(1_000_000), Path(place))
            page = visitor(browser, server)
            sizes = Sizes(page)
            million = opened(page, address)
            keep(images.varied(), Path(place))
            first = [opened(visitor(browser, server), address)]
            page = visitor(browser, server)
            again = [opened(page, address) for _ in range(5)]
            of_image = dragged(page)
            if options.screenshots:
                options.screenshots.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=options.screenshots / "graph-10000.png")
            graph = json.dumps(made_up(NODES))
            page.route("**/view/graph*", lambda route: route.fulfill(body=graph))
            large_graph = [opened(page, address) for _ in range(5)]
            page.wait_for_timeout(500)
            moved = dragged(page)
            if options.screenshots:
                page.screenshot(path=options.screenshots / "graph-300.png")
            browser.close()
    print(f"load {os.getloadavg()[0]:.1f}")
    print(f"the shop's image, first           {shop:6.2f} s")
    print(f"1,000,000 objects, first          {million:6.2f} s")
    print(f"  the largest answer              {sizes.largest:6,} bytes (at most {MOST_BYTES:,})")
    print(f"10,000 objects, first             {median(first):6.2f} s (at most {MOST_SECONDS} s)")
    print(f"10,000 objects, again             {median(again):6.2f} s (at most {MOST_SECONDS} s)")
    print(f"  frames a second while dragging  {of_image.frames:6.0f}   (at least {LEAST_FRAMES})")
    print(f"a graph of {NODES} nodes, again       {median(large_graph):6.2f} s")
    print(f"  frames a second while dragging  {moved.frames:6.0f}   (at least {LEAST_FRAMES})")
    print(f"  longest gap between two         {max(moved.gaps):6.0f} ms")
    smooth = min(of_image.frames, moved.frames) >= LEAST_FRAMES
    soon = max(median(first), median(again)) <= MOST_SECONDS
    return 0 if smooth and soon and sizes.largest <= MOST_BYTES else 1


if __name__ == "__main__":
    raise SystemExit(main())
