"""Somebody at the page: what they do there, and that nothing goes wrong meanwhile."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Locator, Request
    from serving import Server

WAIT = 30_000  # milliseconds; the machine may be busy
_WATCH = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation",
        (event) => violations.push(event.violatedDirective + " " + event.sourceFile));
"""


class Visitor:
    """One context of the browser with one page. Leaving the `with` block checks it."""

    def __init__(
        self,
        browser: Browser,
        server: Server,
        screenshots: Path,
        *,
        token: bool = True,
        width: int = 1280,
        dark: bool = False,
        language: str = "en-GB",
        script: bool = True,
        touch: bool = False,
        refused: bool = False,
    ) -> None:
        """`refused`: that a page is answered with an error status is what is expected."""
        self._refused = refused
        self.server = server
        self._screenshots = screenshots
        self._origin = server.url("")
        self._context = browser.new_context(
            http_credentials={"username": "any", "password": server.token} if token else None,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            locale=language,
            java_script_enabled=script,
            has_touch=touch,
            reduced_motion="reduce",
        )
        self._context.set_default_timeout(WAIT)
        self.page = self._context.new_page()
        self._wrong: list[str] = []
        self.page.add_init_script(_WATCH)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self._wrong.append(str(error)))
        self.page.on("request", self._asked)

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self.check()
            else:
                self.picture("failed")
        finally:
            self._context.close()

    def check(self) -> None:
        """No error on the console, no violation of the policy, no request to another origin."""
        assert self._wrong == []
        assert self.page.evaluate("window.violations") in ([], None)

    def _heard(self, message: ConsoleMessage) -> None:
        if self._refused and message.text.startswith("Failed to load resource"):
            return
        if message.type in ("error", "warning"):
            self._wrong.append(message.text)

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and not request.url.startswith(self._origin):
            self._wrong.append(f"asked {request.url}")

    def go(self, place: str = "") -> None:
        """Open the page at a place ("#explore?show=types")."""
        self.page.goto(self.server.url(f"/_leak{place}"))

    def find(self, selector: str, **options: Any) -> Locator:
        return self.page.locator(selector, **options)

    def picture(self, name: str) -> None:
        """Keep a screenshot."""
        self.page.screenshot(path=self._screenshots / f"{name}.png")

    @property
    def state(self) -> str:
        """The part of the address that says which view this is, and of what."""
        return urlsplit(self.page.url).fragment

    def wait_for_graph(self) -> None:
        self.find("#lg-graph[data-nodes] .graph-tree [role=treeitem]").first.wait_for()
        self.until("document.querySelector('.graph-canvas').places().length > 0")

    def until(self, expression: str, argument: object = None) -> None:
        """Wait for an expression to be true: asked from outside, since the page allows no eval."""
        deadline = time.monotonic() + WAIT / 1000
        while not self.page.evaluate(expression, argument):
            assert time.monotonic() < deadline, f"never true: {expression}"
            self.page.wait_for_timeout(30)

    def places(self) -> list[dict[str, float]]:
        """Id, x, y and radius of each node of the graph, on the page."""
        box = self.find(".graph-canvas").bounding_box()
        assert box is not None
        found = self.page.evaluate("document.querySelector('.graph-canvas').places()")
        return [{**one, "x": one["x"] + box["x"], "y": one["y"] + box["y"]} for one in found]

    def largest(self) -> dict[str, float]:
        """The node with the largest circle."""
        return max(self.places(), key=lambda one: one["radius"])

    def item(self, node: float) -> Locator:
        """The node in the list beside the graph."""
        return self.find(f".graph-tree [data-node='{int(node)}']")

    def answer(self, path: str) -> Any:
        """What the server says to a view, as this page asks it."""
        return json.loads(self.server.get(f"/_leak/{path}", **self._authorization()).body)

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.server.token}", "Accept": "application/json"}
