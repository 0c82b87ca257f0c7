"""Behind a proxy that strips a prefix every address leads back through it."""

from __future__ import annotations

import json
import re
from urllib.parse import urljoin, urlsplit

import pytest
from page_tools import ask, header, make_endpoint, read

OUTSIDE = "https://shop.example"
PREFIXES = ("", "/tools/of/ours", "/a%20b")
ADDRESSES = ("href", "src", "action", "data-words", "data-base")


class Proxy:
    """Passes on what is asked below `prefix`, without it, as to an app that is served at the root;
    what is asked elsewhere is lost."""

    def __init__(self, endpoint, prefix, own="/_leak"):
        self.endpoint, self.prefix, self.own = endpoint, prefix, own

    def __call__(self, url, **options):
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}" == OUTSIDE
        mount = self.prefix + self.own
        assert parts.path == mount or parts.path.startswith(f"{mount}/"), url
        path = parts.path.removeprefix(mount)
        return ask(self.endpoint, parts.query, path=path, **options)


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("own", ["/_leak", "/debug/of/leak"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_every_address_leads_back_through_the_proxy(examine, prefix, own, slash):
    proxy = Proxy(make_endpoint(examine, path=own), prefix, own)
    here = f"{OUTSIDE}{prefix}{own}{slash}?lang=zh&top=3"
    proxy(f"{OUTSIDE}{prefix}{own}/snapshot", method="POST", headers=[("x-leakguard", "1")])
    page = proxy(here)
    found = {
        urljoin(here, element.attributes[name])
        for element in read(page.body).all()
        for name in ADDRESSES
        if element.attributes.get(name, "#").partition("#")[0]
    }
    assert len(found) > 7
    for url in found:
        assert proxy(url).status == 200, url


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("path", ["/nothing", "/static/nothing.css", "/view/nothing/at/all"])
def test_the_way_back_from_an_error_is_the_page(endpoint, path, slash):
    proxy = Proxy(endpoint, "/tools")
    here = f"{OUTSIDE}/tools/_leak{path}{slash}"
    response = proxy(here)
    assert response.status == 404
    if header(response, "content-type") == ["text/html; charset=utf-8"]:
        (link,) = read(response.body).all("a")
        assert proxy(urljoin(here, link.attributes["href"])).status == 200
    else:
        assert json.loads(response.body)["error"]["status"] == 404


def test_head_says_what_get_would_and_nothing_is_kept_by_a_cookie(endpoint):
    script = next(name for name in read(ask(endpoint).body).all("link", rel="stylesheet"))
    file = "/" + script.attributes["href"].partition("/")[2]
    for path in ("", "/", "/latest", "/history", "/progress", file, "/nothing"):
        got, asked = (ask(endpoint, path=path, method=method) for method in ("GET", "HEAD"))
        assert got.status == asked.status
        for name in ("content-type", "cache-control", "etag", "content-security-policy"):
            assert header(got, name) == header(asked, name)
        assert header(got, "set-cookie") == header(asked, "set-cookie") == []
        kept = path == file
        assert ("immutable" in header(got, "cache-control")[0]) == kept
        assert (header(got, "cache-control") == ["no-store"]) == (not kept)
        assert header(got, "content-security-policy")[0].startswith("default-src 'none'")


def test_a_page_without_its_style_sheet_is_still_to_be_read(opened):
    page = opened()
    pictures = page.all("svg")
    assert len(pictures) > 3
    for picture in pictures:
        assert re.fullmatch(r"\d+", picture.attributes["width"])
        assert re.fullmatch(r"\d+", picture.attributes["height"])
        for shape in picture.all():
            assert "fill" in shape.attributes
