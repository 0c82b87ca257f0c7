from __future__ import annotations

import asyncio
import dataclasses
import logging

import pytest


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("origin", "http://localhost:8000")], 200),
        ([("origin", "https://localhost:8000")], 200),
        ([("origin", "http://LOCALHOST:8000")], 200),
        ([("origin", "http://localhost")], 403),
        ([("origin", "http://localhost:8001")], 403),
        ([("origin", "https://evil.example")], 403),
        ([("origin", "http://localhost:8000.evil.example")], 403),
        ([("origin", "http://localhost:8000@evil.example")], 403),
        ([("origin", "null")], 403),
        ([("origin", "")], 403),
        ([("origin", "http://localhost:8000"), ("origin", "https://evil.example")], 400),
        ([("sec-fetch-site", "same-origin")], 200),
        ([("sec-fetch-site", "none")], 200),
        ([("sec-fetch-site", "same-site")], 403),
        ([("sec-fetch-site", "cross-site")], 403),
        ([("sec-fetch-site", "new-in-2040")], 403),
        ([("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")], 400),
        ([("host", "other")], 400),
    ],
)
def test_requests_of_other_pages_are_refused(make_endpoint, ask, examine, headers, status):
    assert ask(make_endpoint(), headers=headers).status == status
    assert len(examine.calls) == (status == 200)


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("shop.example", "https://shop.example", 200),
        ("shop.example:443", "https://shop.example", 200),
        ("shop.example", "https://shop.example:443", 200),
        ("shop.example", "http://shop.example:443", 403),
        ("[::1]:8000", "http://[::1]:8000", 200),
        ("", "https://shop.example", 403),
    ],
)
def test_an_origin_is_compared_with_its_scheme_s_port(
    make_endpoint, a_request, host, origin, status
):
    request = a_request()
    headers = [("host", host), ("origin", origin), *request.headers[1:]]
    request = dataclasses.replace(request, headers=tuple(headers))
    assert asyncio.run(make_endpoint().answer(request)).status == status


@pytest.mark.parametrize(
    ("allowed", "host", "status"),
    [
        (["shop.example"], "shop.example", 200),
        (["shop.example"], "SHOP.example:8000", 200),
        (["shop.example"], "shop.example.", 200),
        (["shop.example:8000"], "shop.example:8000", 200),
        (["shop.example:8000"], "shop.example", 421),
        (["*.example"], "shop.example", 200),
        (["*.example"], "a.shop.example", 200),
        (["*.example"], "example", 421),
        (["*.example"], "evilexample", 421),
        (["shop.example"], "shop.example@evil", 421),
        (["shop.example"], "evil.example", 421),
        (["shop.example"], None, 421),
        (["*"], "anything", 200),
        (["localhost", "[::1]"], "[::1]:80", 200),
    ],
)
def test_allowed_hosts(make_endpoint, a_request, allowed, host, status):
    request = a_request()
    headers = [] if host is None else [("host", host)]
    request = dataclasses.replace(request, headers=(*headers, *request.headers[1:]))
    endpoint = make_endpoint(allowed_hosts=allowed)
    assert asyncio.run(endpoint.answer(request)).status == status


@pytest.mark.parametrize(
    "name",
    ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "forwarded"],
)
def test_forwarded_headers_change_nothing(make_endpoint, ask, caplog, name):
    caplog.set_level(logging.INFO, "leakguard.audit")
    endpoint = make_endpoint(allowed_hosts=["shop.example"])
    for value in ("127.0.0.1", "shop.example", "for=127.0.0.1;host=shop.example"):
        assert ask(endpoint, headers=[(name, value)]).status == 421
    assert "127.0.0.1" not in caplog.text
    endpoint = make_endpoint()
    assert ask(endpoint, token=None, headers=[(name, "127.0.0.1")]).status == 401
