"""A project with the middleware, of which LeakGuard is wrapped around the application as well: one
of the two counts, with the names that the other knows."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import threading
from wsgiref.util import setup_testing_defaults

import httpx
import pytest
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import include, path, re_path
from starlette.applications import Starlette
from starlette.routing import Mount

from leakguard import asgi, wsgi

TOKEN = "a-token-that-nobody-may-see"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
OPTIONS = {"token": TOKEN, "sampling": False, "baseline": False}
WORDS = "Keep one of the two"


def item(request, pk):
    return HttpResponse("item")


def broken(request):
    raise RuntimeError("as a view may")


def stream(request):
    return StreamingHttpResponse(b"part" for _ in range(3))


def missing(request, name):
    return HttpResponse("sold out", status=404)


urlpatterns = [
    path("shop/<int:pk>/", item),
    path("broken/", broken),
    path("stream/", stream),
    re_path(r"^old/(?P<name>\w+)$", missing),
    path("ops/leak/", include("leakguard_django.urls")),
]


class Copies:
    """A middleware that hands on another mapping, as some do."""

    def __init__(self, app):
        self.app = app

    def __call__(self, given, *more):
        return self.app(dict(given), *more)


class CopiesAsgi(Copies):
    async def __call__(self, given, *more):
        await self.app(dict(given), *more)


class OnWsgi:
    def __init__(self, between=lambda app: app):
        self.app = wsgi.LeakGuard(between(WSGIHandler()), **OPTIONS)

    def get(self, address):
        """The status and the body, in a thread as of a server."""
        environ = {"PATH_INFO": address.partition("?")[0], "REMOTE_ADDR": "127.0.0.1"}
        environ |= {"QUERY_STRING": address.partition("?")[2], "wsgi.input": io.BytesIO()}
        environ["HTTP_AUTHORIZATION"] = HEADERS["Authorization"]
        setup_testing_defaults(environ)
        answered = []

        def serve():
            answer = self.app(environ, lambda status, *_: answered.append(int(status[:3])))
            answered.append(b"".join(answer))
            getattr(answer, "close", lambda: None)()

        thread = threading.Thread(target=serve)
        thread.start()
        thread.join()
        return tuple(answered)


class OnAsgi:
    def __init__(self, between=lambda app: app):
        self.app = asgi.LeakGuard(between(ASGIHandler()), **OPTIONS)

    def get(self, address):
        async def ask():
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
                answer = await client.get(address, headers=HEADERS)
                return answer.status_code, answer.content

        return asyncio.run(ask())


def figures(app):
    return {row.route: (row.requests, row.errors, row.in_flight) for row in app._ledger.rows()}


@pytest.fixture(
    params=[(OnWsgi,), (OnAsgi,), (OnWsgi, Copies), (OnAsgi, CopiesAsgi)],
    ids=["wsgi", "asgi", "wsgi, copied", "asgi, copied"],
)
def site(request):
    kind, *between = request.param
    return kind(*between)


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume synchronous iterators")
def test_each_request_is_counted_once_by_its_pattern(site, counted, caplog):
    asked = ["/shop/1/", "/shop/2/", "/broken/", "/stream/", "/old/tea", "/no", "/nor/this"]
    assert [site.get(address)[0] for address in asked] == [200, 200, 500, 200, 404, 404, 404]
    assert figures(site.app) == {
        "GET /shop/<int:pk>/": (2, 0, 0),
        "GET /broken/": (1, 1, 0),
        "GET /stream/": (1, 0, 0),
        r"GET /old/(?P<name>\w+)$": (1, 0, 0),
        "(unmatched)": (2, 0, 0),
    }
    assert counted() == {}
    told = [record for record in caplog.records if WORDS in record.getMessage()]
    assert [record.levelno for record in told] == [logging.WARNING]  # once


def routes(body):
    return [row["route"] for row in json.loads(body)["routes"]]


def test_the_endpoint_of_either_tells_what_was_counted(site):
    given = {"token": TOKEN, "sampling": False, "baseline": False, "path": "/inner"}
    with override_settings(LEAKGUARD=given):
        site = type(site)()
        site.get("/shop/1/")
        for address in ("/_leak", "/inner", "/ops/leak/"):
            status, body = site.get(f"{address}?format=json")
            assert status == 200
            assert "GET /shop/<int:pk>/" in routes(body)


def test_without_the_wrapper_nothing_is_said(client, caplog, counted):
    other = OnAsgi()  # of another project, as far as this one's requests know
    client.get("/shop/1/")
    assert counted() == {"GET /shop/<int:pk>/": (1, 0, 0)}
    assert figures(other.app) == {}
    assert WORDS not in caplog.text


@pytest.fixture
def client():
    from django.test import Client

    return Client()


def test_a_project_mounted_in_another_app_is_named_below_it(counted):
    site = OnAsgi(lambda app: Starlette(routes=[Mount("/django", app)]))
    assert site.get("/django/shop/7/") == (200, b"item")
    assert figures(site.app) == {"GET /django/shop/<int:pk>/": (1, 0, 0)}
    assert counted() == {}
