"""The lines of the README's table work as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2].joinpath("README.md").read_text()
ROW = re.compile(r"^\| ([^|`]+) \| `([^`]+)` \| `([^`]+)`", re.MULTILINE)
LINES = {names: (imported, line) for names, imported, line in ROW.findall(README)}
SHOPS = {
    "FastAPI": "fastapi_shop",
    "Starlette": "starlette_shop",
    "Litestar": "litestar_shop",
    "Quart": "quart_shop",
    "Falcon (ASGI)": "falcon_asgi_shop",
    "any ASGI app": "plain_asgi_shop",
    "Falcon": "falcon_shop",
    "Bottle": "bottle_shop",
    "Pyramid": "pyramid_shop",
    "any WSGI app": "plain_wsgi_shop",
}
EACH = [(name, *row) for names, row in LINES.items() for name in names.split(", ")]


def test_every_framework_has_a_line():
    assert {name for name, *_ in EACH} == {*SHOPS, "Flask"}


@pytest.mark.parametrize(
    ("name", "imported", "line"), [row for row in EACH if row[0] in SHOPS], ids=lambda text: text
)
def test_the_line(name, imported, line, make_shop, monkeypatch, token):
    monkeypatch.setenv("LEAKGUARD_TOKEN", token)
    shop = make_shop(SHOPS[name])
    names = {"app": shop.bare}
    exec(f"{imported}\n{line}", names)
    shop.app = names["app"]
    shop.ask("GET /cart/1", "GET /cart/2")
    assert shop.figures()[f"GET {shop.templates['cart']}"] == (2, 0)
