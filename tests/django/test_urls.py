"""The endpoint at an address of the project's URL configuration."""

from __future__ import annotations

import asyncio

import pytest
from django.test import AsyncClient, Client, override_settings
from django.urls import include, path, reverse

HEADERS = {"Authorization": "Bearer a-token-that-nobody-may-see"}
urlpatterns = [path("ops/leak/", include("leakguard_django.urls"))]


def ask(way, address, method="get"):
    if way is Client:
        client = Client(enforce_csrf_checks=True)
        return getattr(client, method)(address, headers=HEADERS).status_code
    client = AsyncClient(enforce_csrf_checks=True)
    return asyncio.run(getattr(client, method)(address, headers=HEADERS)).status_code


@pytest.mark.parametrize("way", [Client, AsyncClient])
@pytest.mark.parametrize("middleware", [[], ["django.middleware.csrf.CsrfViewMiddleware"]])
def test_the_included_urls_answer(way, middleware):
    with override_settings(MIDDLEWARE=middleware):
        assert ask(way, reverse("leakguard:report")) == 200
        assert ask(way, "/ops/leak/baseline") == 405
        assert ask(way, "/ops/leak/trim", "post") == 200
        assert ask(way, "/ops/leak/no-such-thing") == 404
    assert Client().get("/ops/leak/").status_code == 401


@pytest.mark.parametrize("way", [Client, AsyncClient])
def test_the_body_of_a_request_reaches_the_endpoint(way):
    part = b'--mark\r\nContent-Disposition: form-data; name="from"\r\n\r\nno image\r\n--mark--\r\n'
    answer = way(enforce_csrf_checks=True).post(
        "/ops/leak/view/compare-files",
        part,
        "multipart/form-data; boundary=mark",
        headers={**HEADERS, "x-leakguard": "1"},
    )
    answer = asyncio.run(answer) if way is AsyncClient else answer
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "There is no file 'to' in the form."
