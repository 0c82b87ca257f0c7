"""A project without leakguard_django, in LeakGuard(application), has its patterns all the same."""

from __future__ import annotations

import asyncio
import threading
from wsgiref.util import setup_testing_defaults

import httpx
import pytest
from django.conf.urls.i18n import i18n_patterns
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import include, path, re_path
from django.views import View
from starlette.applications import Starlette
from starlette.routing import Mount
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from leakguard import asgi, wsgi

OPTIONS = {"token": "a-token-that-nobody-may-see", "sampling": False, "baseline": False}


def item(request, **given):
    return HttpResponse("item")


async def item_async(request, **given):
    return HttpResponse("item")


def broken(request):
    raise RuntimeError("as a view may")


def stream(request):
    return StreamingHttpResponse([b"part"] * 3)


class Cart(View):
    async def get(self, request, pk):
        return HttpResponse("cart")


urlpatterns = [
    path("shop/<int:pk>/", item),
    path("async/<slug:name>", item_async),
    path("cart/<int:pk>", Cart.as_view()),
    path("broken", broken),
    path("stream", stream),
    path("named/", include(([path("<uuid:key>", item)], "shop"), namespace="inner")),
    re_path(r"^old/(?P<name>\w+)$", item),
    *i18n_patterns(path("about/<int:pk>", item)),
]


class Other:
    """The URL configuration of another host."""

    urlpatterns = (path("other/<name>", item),)


def chooses(get_response):
    def middleware(request):
        if request.path_info.startswith("/other/"):
            request.urlconf = Other
        if request.path_info == "/async/refused":
            return HttpResponse("no", status=403)
        return get_response(request)

    return middleware


@pytest.fixture(autouse=True)
def bare():
    middleware = ["django.middleware.locale.LocaleMiddleware", f"{__name__}.chooses"]
    more = {"APPEND_SLASH": True, "LANGUAGES": [("en", "English"), ("de", "Deutsch")]}
    with override_settings(
        MIDDLEWARE=[*middleware, "django.middleware.common.CommonMiddleware"],
        INSTALLED_APPS=[],
        USE_I18N=True,
        **more,
    ):
        yield


def get_wsgi(app, address):
    environ, answered = {"PATH_INFO": address, "REMOTE_ADDR": "127.0.0.1"}, []
    setup_testing_defaults(environ)

    def serve():
        answer = app(environ, lambda status, *_: answered.append(int(status[:3])))
        b"".join(answer)
        answer.close()

    thread = threading.Thread(target=serve)
    thread.start()
    thread.join()
    return answered[0]


def get_asgi(app, address):
    async def ask():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return (await client.get(address)).status_code

    return asyncio.run(ask())


@pytest.fixture(params=["wsgi", "asgi"])
def served(request):
    """served(around) -> get(address), and the figures; `around` puts the project into an app."""
    made, kind, get = {
        "wsgi": (WSGIHandler, wsgi.LeakGuard, get_wsgi),
        "asgi": (ASGIHandler, asgi.LeakGuard, get_asgi),
    }[request.param]

    def run(addresses, around=lambda app: app):
        app = kind(around(made()), **OPTIONS)
        statuses = [get(app, address) for address in addresses]
        rows = app._ledger.rows()
        return statuses, {row.route: (row.requests, row.errors, row.in_flight) for row in rows}

    run.is_wsgi = request.param == "wsgi"
    return run


KEY = "5b2f0e9c-6c1f-4f0e-9c1f-0e9c6c1f4f0e"


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume synchronous iterators")
def test_each_request_has_its_pattern(served):
    asked = {
        "/shop/1/": 200,
        "/shop/2/": 200,
        "/shop/3": 301,  # to the same with a slash
        "/async/tea": 200,
        "/async/refused": 403,  # by a middleware, before it is matched
        "/cart/1": 200,
        "/broken": 500,
        "/stream": 200,
        f"/named/{KEY}": 200,
        "/old/tea": 200,
        "/en/about/1": 200,
        "/de/about/1": 200,
        "/other/tea": 200,
        "/no": 404,
        "/nor/this": 404,
    }
    statuses, figures = served([address for address in asked for _ in range(2)])
    assert statuses == [status for status in asked.values() for _ in range(2)]
    assert figures == {
        "GET /shop/<int:pk>/": (4, 0, 0),
        "GET /async/<slug:name>": (4, 0, 0),
        "GET /cart/<int:pk>": (2, 0, 0),
        "GET /broken": (2, 2, 0),
        "GET /stream": (2, 0, 0),
        "GET /named/<uuid:key>": (2, 0, 0),
        r"GET /old/(?P<name>\w+)$": (2, 0, 0),
        "GET /en/about/<int:pk>": (2, 0, 0),
        "GET /de/about/<int:pk>": (2, 0, 0),
        "GET /other/<name>": (2, 0, 0),
        "(unmatched)": (6, 0, 0),
    }


def test_mounted_in_another_app_it_is_named_below_that(served):
    def around(app):
        if served.is_wsgi:
            return DispatcherMiddleware(lambda environ, start_response: [], {"/django": app})
        return Starlette(routes=[Mount("/django", app)])

    statuses, figures = served(["/django/shop/7/", "/django/shop/8/", "/django/no"], around)
    assert statuses == [200, 200, 404]
    assert figures == {"GET /django/shop/<int:pk>/": (2, 0, 0), "(unmatched)": (1, 0, 0)}


@override_settings(FORCE_SCRIPT_NAME="/below")
def test_where_the_server_has_put_it_is_no_part_of_the_pattern(served):
    assert served(["/shop/1/"]) == ([200], {"GET /shop/<int:pk>/": (1, 0, 0)})
