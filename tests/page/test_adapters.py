"""The page is the same whatever serves it, and wherever it is mounted."""

from __future__ import annotations

import asyncio
import base64
import tempfile
from urllib.parse import urljoin

import httpx
import pytest
from flask import Flask
from page_tools import TOKEN, read
from starlette.applications import Starlette
from starlette.routing import Mount

from leakguard import LeakGuard, wsgi
from leakguard.endpoint import lockout
from leakguard_flask import LeakGuard as FlaskLeakGuard

OPTIONS = {"token": TOKEN, "sampling": False, "baseline": False}
BROWSER = {
    "accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "authorization": "Basic " + base64.b64encode(f"me:{TOKEN}".encode()).decode(),
}


@pytest.fixture(autouse=True)
def on_its_own(monkeypatch, tmp_path, nothing_found):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    lockout.process_lockout.cache_clear()
    yield
    lockout.process_lockout.cache_clear()


async def _asgi_app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"app"})


def _wsgi_app(environ, start_response):
    start_response("200 OK", [])
    return [b"app"]


def _flask():
    app = Flask("shop", static_folder=None)
    FlaskLeakGuard(app, **OPTIONS)
    return app


def _mounted():
    return Starlette(routes=[Mount("/inner", LeakGuard(_asgi_app, **OPTIONS))])


APPS = {
    "asgi": (lambda: httpx.ASGITransport(LeakGuard(_asgi_app, **OPTIONS)), "/_leak"),
    "asgi below a root path": (
        lambda: httpx.ASGITransport(LeakGuard(_asgi_app, **OPTIONS), root_path="/shop"),
        "/shop/_leak",
    ),
    "mounted": (lambda: httpx.ASGITransport(_mounted()), "/inner/_leak"),
    "own path": (
        lambda: httpx.ASGITransport(LeakGuard(_asgi_app, path="/a/b", **OPTIONS)),
        "/a/b",
    ),
    "wsgi": (lambda: httpx.WSGITransport(wsgi.LeakGuard(_wsgi_app, **OPTIONS)), "/_leak"),
    "wsgi below a script name": (
        lambda: httpx.WSGITransport(wsgi.LeakGuard(_wsgi_app, **OPTIONS), script_name="/shop"),
        "/_leak",
    ),
    "flask": (lambda: httpx.WSGITransport(_flask()), "/_leak"),
}


def get(transport, *asked, headers=BROWSER, method="GET"):
    async def many():
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as client:
            return [await client.request(method, one, headers=headers) for one in asked]

    if isinstance(transport, httpx.WSGITransport):
        with httpx.Client(transport=transport, base_url="http://shop.example") as client:
            return [client.request(method, one, headers=headers) for one in asked]
    return asyncio.run(many())


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize("slash", ["", "/"])
def test_the_page_and_its_files(app, slash):
    make, address = APPS[app]
    transport = make()
    (page,) = get(transport, address + slash)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "set-cookie" not in page.headers
    tree = read(page.text)
    files = [e.attributes["href"] for e in tree.all("link", rel="stylesheet")]
    files += [e.attributes["src"] for e in tree.all("script")]
    links = [e.attributes["href"] for e in tree.one("ul", class_="links").all("a")]
    found = get(transport, *(urljoin(str(page.url), one) for one in [*files, links[2]]))
    assert [one.status_code for one in found] == [200] * len(found)
    assert found[0].headers["content-type"] == "text/css; charset=utf-8"
    tag = {**BROWSER, "if-none-match": found[0].headers["etag"]}
    (again,) = get(transport, str(found[0].url), headers=tag)
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("app", APPS)
def test_a_snapshot_is_taken_by_post(app):
    make, address = APPS[app]
    transport = make()
    assert get(transport, f"{address}/latest")[0].status_code == 404
    marked = {**BROWSER, "x-leakguard": "1", "accept": "application/json"}
    (taken,) = get(transport, f"{address}/snapshot", headers=marked, method="POST")
    assert taken.status_code == 200
    (latest,) = get(transport, f"{address}/latest")
    assert latest.json()["verdict"] == taken.json()["verdict"]


@pytest.mark.parametrize("app", APPS)
def test_a_browser_without_a_token_is_asked_for_one(app):
    make, address = APPS[app]
    (refused,) = get(make(), address, headers={"accept": BROWSER["accept"]})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Basic ")
    assert refused.headers["content-type"] == "text/html; charset=utf-8"
