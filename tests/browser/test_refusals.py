"""Who guesses the token, in a browser: each time told how to log in, and at last to wait."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from serving import Server

    from tests.browser.visitor import Visitor

pytestmark = pytest.mark.e2e


def test_a_wrong_token_is_refused_and_guessing_is_locked_out(
    visit: Callable[..., Visitor], serve: Callable[..., Server]
) -> None:
    server = serve("closure_leak/leaky")
    guesser = dataclasses.replace(server, token="a-guess")
    visitor = visit(guesser, refused=True)
    assert visitor.find("h1").inner_text() == "Log in"
    assert visitor.find("main").get_by_text("LEAKGUARD_TOKEN").is_visible()
    assert visitor.page.locator("script, form").count() == 0
    font = visitor.page.evaluate("getComputedStyle(document.body).fontFamily")
    assert font.startswith("system-ui")  # its style was let in
    visitor.picture("wrong-token")
    for _ in range(12):
        visitor.go("?lang=zh")
        if visitor.find("h1").inner_text() == "LeakGuard: 429":
            break
    # it says so, in the page's language, and to the one with the right token too
    assert "请稍候再试" in visitor.find("main").inner_text()
    visitor.picture("locked-out")
    owner = visit(server, refused=True)
    assert "Too many wrong credentials" in owner.find("main").inner_text()
    assert server.get("/_leak", Accept="text/html").status == 429
