"""Each leaking example under load: a snapshot by the button, and its holder is seen first."""

from __future__ import annotations

import re
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from traffic import send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from serving import Server

    from tests.browser.visitor import Visitor

pytestmark = pytest.mark.e2e


@contextmanager
def load(url: str) -> Iterator[None]:
    """Requests while the block lasts, a bounded number of them."""
    over = threading.Event()

    def ask() -> None:
        for _ in range(500):
            if over.is_set():
                return
            send(url, 5, rate=50)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize(
    ("directory", "path", "holder", "chain"),
    [
        ("closure_leak", "/leak", "leaky.the_thing", ".the_thing"),
        ("global_cache_leak", "/arr", "leaky.ARR", ".ARR"),
        ("listener_leak", "/attempts", "emitter", "emitter"),
    ],
)
def test_the_holder_is_the_largest_node(
    serve: Callable[..., Server],
    visit: Callable[..., Visitor],
    directory: str,
    path: str,
    holder: str,
    chain: str,
) -> None:
    server = serve(f"{directory}/leaky", LEAK_SLOTS="20000")
    send(server.url(path), 100)
    deadline = time.monotonic() + 60
    # one of them leaks by itself, and says how far it is
    while server.get(path).json().get("attempts", 2_000) < 2_000:
        assert time.monotonic() < deadline, "the client did not try to connect"
        time.sleep(0.05)
    visitor = visit(server)
    with load(server.url(path)):
        visitor.find("#lg-snapshot button").click()
        visitor.find("#lg-snapshot-status .done").wait_for()
    assert re.search(r"paused for [\d.<]+ m?s", visitor.find("#lg-snapshot-status").inner_text())

    visitor.find("article.suspect .to-graph a").first.click()
    visitor.wait_for_graph()
    largest = visitor.largest()
    item = visitor.item(largest["id"])
    assert "role-suspect" in (item.get_attribute("class") or "")
    assert holder in item.inner_text()

    words = visitor.find(".graph-words")
    visitor.page.mouse.move(largest["x"], largest["y"])
    words.get_by_text(chain).first.wait_for()
    assert words.locator("ol.words li").count() > 1
    visitor.picture(f"graph-{directory}")
