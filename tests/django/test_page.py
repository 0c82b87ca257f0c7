"""The page under the middleware, and at an address of the project's URL configuration."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import urljoin

import pytest
from django.test import AsyncClient, Client
from django.urls import include, path

HEADERS = {"Authorization": "Bearer a-token-that-nobody-may-see", "Accept": "text/html"}
urlpatterns = [
    path("ops/leak/", include("leakguard_django.urls")),
    path("ops/bare", include("leakguard_django.urls")),
]


def ask(way, address, headers=HEADERS):
    if way is Client:
        return Client().get(address, headers=headers)
    return asyncio.run(AsyncClient().get(address, headers=headers))


@pytest.mark.parametrize("way", [Client, AsyncClient])
@pytest.mark.parametrize("address", ["/_leak", "/_leak/", "/ops/leak/"])
def test_the_page_leads_to_its_files(way, address):
    page = ask(way, address)
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert not page.cookies
    files = re.findall(r'(?:href|src)="([^"?#]*static/[^"]+)"', page.content.decode())
    assert files
    for file in files:
        found = ask(way, urljoin(address, file))
        assert found.status_code == 200
        tag = {**HEADERS, "If-None-Match": found.headers["ETag"]}
        assert ask(way, urljoin(address, file), tag).status_code == 304


@pytest.mark.parametrize("way", [Client, AsyncClient])
def test_an_address_without_a_slash_is_led_from_its_last_segment(way):
    assert 'data-base="bare/"' in ask(way, "/ops/bare").content.decode()


@pytest.mark.parametrize("way", [Client, AsyncClient])
def test_a_browser_without_a_token_is_asked_for_one(way):
    refused = ask(way, "/_leak", {"Accept": "text/html"})
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")
