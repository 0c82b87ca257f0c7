"""Requests counted by their URL pattern, sync and async, whatever becomes of them."""

from __future__ import annotations

import asyncio
import gc
import io
import json

import pytest
from django.http import FileResponse, HttpResponse, HttpResponseNotFound, StreamingHttpResponse
from django.test import AsyncClient, AsyncRequestFactory, Client, RequestFactory, override_settings
from django.urls import include, path, re_path
from django.views import View

from leakguard_django.middleware import LeakGuardMiddleware

OURS = "leakguard_django.middleware.LeakGuardMiddleware"
HEADERS = {"Authorization": "Bearer a-token-that-nobody-may-see"}


def hello(request, **kwargs):
    return HttpResponse("hello")


async def hello_async(request):
    await asyncio.sleep(0)
    return HttpResponse("hello")


def broken(request):
    raise RuntimeError("as a view may")


def sold_out(request):
    return HttpResponseNotFound("sold out")


class Item(View):
    def get(self, request, pk):
        return HttpResponse("item")

    def post(self, request, pk):
        return HttpResponse("changed", status=201)


def stream(request):
    def rows():
        yield b"one\n"
        if "fail" in request.GET:
            raise RuntimeError("half way")
        yield b"two\n"

    return StreamingHttpResponse(rows())


async def stream_async(request):
    async def rows():
        yield b"one\n"
        if "fail" in request.GET:
            raise RuntimeError("half way")
        yield b"two\n"

    return StreamingHttpResponse(rows())


def file(request):
    return FileResponse(io.BytesIO(b"content"))


def answers_early(get_response):
    def middleware(request):
        return (
            HttpResponse("closed", status=503) if "closed" in request.GET else get_response(request)
        )

    return middleware


EARLY = f"{__name__}.answers_early"
shop = [path("<int:pk>/", Item.as_view()), re_path(r"^old/(?P<name>\w+)$", hello)]
urlpatterns = [
    path("", hello),
    path("shop/", include(shop)),
    re_path(r"^legacy/$", hello),
    path("async/", hello_async),
    path("broken/", broken),
    path("sold-out/", sold_out),
    path("stream/", stream),
    path("stream-async/", stream_async),
    path("file/", file),
]


class Sync:
    """The requests of a test through the WSGI handler's middleware."""

    def __init__(self):
        self.client = Client(raise_request_exception=False)

    def get(self, *arguments, **more):
        return self.client.get(*arguments, **more)

    def post(self, *arguments, **more):
        return self.client.post(*arguments, **more)


class Async(Sync):
    """The same through the ASGI handler's."""

    def __init__(self):
        self.client = AsyncClient(raise_request_exception=False)

    def get(self, *arguments, **more):
        return asyncio.run(self.client.get(*arguments, **more))

    def post(self, *arguments, **more):
        return asyncio.run(self.client.post(*arguments, **more))


@pytest.fixture(params=[Sync, Async])
def site(request):
    return request.param()


def test_requests_count_by_pattern_and_method(site, counted):
    for pk in range(5):
        assert site.get(f"/shop/{pk}/").content == b"item"
    assert site.post("/shop/1/").status_code == 201
    for address in ("/", "/legacy/", "/shop/old/tea", "/async/"):
        assert site.get(address).status_code == 200
    assert counted() == {
        "GET /shop/<int:pk>/": (5, 0, 0),
        "POST /shop/<int:pk>/": (1, 0, 0),
        "GET /": (1, 0, 0),
        "GET /legacy/$": (1, 0, 0),
        r"GET /shop/old/(?P<name>\w+)$": (1, 0, 0),
        "GET /async/": (1, 0, 0),
    }


def test_addresses_that_no_pattern_matches_share_a_row(site, counted):
    for address in ("/no", "/shop/tea/", "/wp-login.php"):
        assert site.get(address).status_code == 404
    assert counted() == {"(unmatched)": (3, 0, 0)}


def test_a_404_of_a_view_is_of_its_pattern(site, counted):
    assert site.get("/sold-out/").status_code == 404
    assert counted() == {"GET /sold-out/": (1, 0, 0)}


def test_methods_that_nobody_knows_share_a_row(counted):
    for method in ("BREW", "STEEP"):
        Client().generic(method, "/legacy/")
    assert counted() == {"OTHER /legacy/$": (2, 0, 0)}


def test_a_view_that_raises_is_an_error(site, counted):
    assert site.get("/broken/").status_code == 500
    assert counted() == {"GET /broken/": (1, 1, 0)}


def test_an_error_that_passes_through_is_counted(counted):
    middleware = LeakGuardMiddleware(broken)
    with pytest.raises(RuntimeError, match="as a view may"):
        middleware(RequestFactory().get("/legacy/"))
    assert counted() == {"GET /legacy/$": (1, 1, 0)}


def test_a_cancelled_request_is_no_error(counted):
    async def get_response(request):
        await asyncio.sleep(3600)

    async def cancel():
        middleware = LeakGuardMiddleware(get_response)
        task = asyncio.ensure_future(middleware(AsyncRequestFactory().get("/legacy/")))
        await asyncio.sleep(0)
        assert counted() == {"GET /legacy/$": (0, 0, 1)}
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert counted() == {"GET /legacy/$": (1, 0, 0)}


def test_a_stream_is_in_flight_until_it_is_closed(counted):
    response = Client().get("/stream/")
    assert counted() == {"GET /stream/": (0, 0, 1)}
    assert b"".join(response.streaming_content) == b"one\ntwo\n"
    response.close()
    assert counted() == {"GET /stream/": (1, 0, 0)}


def test_a_stream_that_fails_is_an_error(counted):
    response = Client().get("/stream/?fail")
    with pytest.raises(RuntimeError, match="half way"):
        list(response.streaming_content)
    response.close()
    assert counted() == {"GET /stream/": (1, 1, 0)}


@pytest.mark.parametrize(("query", "errors"), [("", 0), ("?fail", 1)])
def test_an_async_stream_ends_like_another(counted, query, errors):
    async def read():
        response = await AsyncClient().get(f"/stream-async/{query}")
        assert counted() == {"GET /stream-async/": (0, 0, 1)}
        assert response.is_async
        chunks = []
        try:
            async for chunk in response.streaming_content:
                chunks.append(chunk)
        except RuntimeError:
            pass
        response.close()
        return chunks

    assert asyncio.run(read()) == [b"one\n", b"two\n"][: 2 - errors]
    assert counted() == {"GET /stream-async/": (1, errors, 0)}


def test_a_stream_that_nobody_closes_ends_with_its_response(counted):
    response = Client().get("/stream/")
    del response
    gc.collect()
    assert counted() == {"GET /stream/": (1, 0, 0)}


def test_the_server_gets_the_file_that_the_view_has_opened(counted):
    sent = file(None)
    given = sent.file_to_stream
    response = LeakGuardMiddleware(lambda request: sent)(RequestFactory().get("/file/"))
    assert response is sent
    assert response.file_to_stream is given
    response.close()
    assert counted() == {"GET /file/": (1, 0, 0)}


@pytest.mark.parametrize("middleware", [[OURS, EARLY], [EARLY, OURS]])
def test_it_works_at_any_place(site, counted, middleware):
    with override_settings(MIDDLEWARE=middleware):
        assert site.get("/shop/1/").status_code == 200
        assert site.get("/shop/1/?closed").status_code == 503
        assert site.get("/_leak", headers=HEADERS).status_code == 200
    seen = 2 if middleware[0] == OURS else 1
    assert counted() == {"GET /shop/<int:pk>/": (seen, seen - 1, 0)}


def test_the_endpoint_tells_the_routes(site, counted):
    site.get("/shop/1/")
    assert site.get("/_leak").status_code == 401
    answer = site.get("/_leak?format=json", headers=HEADERS)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert [row["route"] for row in json.loads(answer.content)["routes"]] == ["GET /shop/<int:pk>/"]
    assert "Nothing stands out" in site.get("/_leak/", headers=HEADERS).content.decode()
    assert site.get("/_leak/dif", headers=HEADERS).status_code == 404
    assert site.get("/_leaks", headers=HEADERS).status_code == 404
    assert counted()["(unmatched)"] == (1, 0, 0)


def test_a_foreign_page_is_refused(site):
    headers = {**HEADERS, "Origin": "https://evil.example"}
    assert site.get("/_leak", headers=headers).status_code == 403


def test_an_error_of_leakguard_does_not_reach_the_project(site, monkeypatch, caplog):
    from leakguard_django import core

    def fail(*arguments):
        raise ZeroDivisionError("of ours")

    site.get("/")

    class Broken:
        enter = leave = fail

    monkeypatch.setattr(core.core(), "ledger", Broken())
    assert site.get("/").content == b"hello"
    assert "LeakGuard failed" in caplog.text
