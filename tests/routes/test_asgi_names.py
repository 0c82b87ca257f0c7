"""Names against real Starlette and FastAPI apps, asked over httpx, inside and outside."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from fastapi import APIRouter, FastAPI, WebSocket
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route, Router, WebSocketRoute
from starlette.staticfiles import StaticFiles

from leakguard.routes import OTHER, UNMATCHED, AsgiNames, Ledger


class Counting:
    """The part of the middleware that names need."""

    def __init__(self, app, ledger):
        self.app, self.ledger = app, ledger

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        flight = self.ledger.enter(scope)

        def watch(message):
            flight.status = message.get("status", flight.status)
            return send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            self.ledger.leave(flight, failed=False)


@pytest.fixture(params=["inside", "outside"])
def counted(request):
    """A function of (app, requests) to the names that were counted."""

    def run(app, *asked, root_path=""):
        ledger = Ledger(AsgiNames())
        if request.param == "inside":
            app.add_middleware(Counting, ledger=ledger)
        else:
            app = Counting(app, ledger)

        async def ask():
            transport = httpx.ASGITransport(app, raise_app_exceptions=False, root_path=root_path)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                for line in asked:
                    method, path = line.split()
                    await client.request(method, path)

        asyncio.run(ask())
        return {row.route: row.requests for row in ledger.rows()}

    return run


async def hello(request):
    return PlainTextResponse("hello")


async def again(request):
    return PlainTextResponse("again")


async def plain_app(scope, receive, send):
    await PlainTextResponse(scope["path"])(scope, receive, send)


def test_starlette_templates(counted):
    class Cart(HTTPEndpoint):
        async def get(self, request):
            return PlainTextResponse("cart")

    app = Starlette(routes=[Route("/items/{id:int}", hello), Route("/cart/{n}", Cart)])
    names = counted(
        app,
        "GET /items/1",
        "GET /items/2",
        "HEAD /items/3",
        "POST /items/4",
        "GET /cart/1",
        "BREW /cart/2",
        "GET /nowhere/1",
        "GET /nowhere/2",
        "GET /items/1/",
    )
    assert names == {
        "GET /items/{id}": 2,
        "HEAD /items/{id}": 1,
        "POST /items/{id}": 1,
        "GET /cart/{n}": 1,
        "OTHER /cart/{n}": 1,
        UNMATCHED: 3,
    }


def test_mounts_with_and_without_parameters(counted):
    inner = Starlette(routes=[Route("/posts/{post}", hello)])
    app = Starlette(
        routes=[
            Mount("/v1", app=inner),
            Mount("/users/{user}", routes=[Mount("/blog", routes=[Route("/{post}", again)])]),
            Mount("/raw", app=plain_app),
        ]
    )
    names = counted(
        app,
        "GET /v1/posts/7",
        "GET /users/alice/blog/1",
        "GET /users/bob/blog/2",
        "GET /raw/a/b",
        "GET /raw/c",
        "GET /v1/nothing",
    )
    assert names == {
        "GET /v1/posts/{post}": 1,
        "GET /users/{user}/blog/{post}": 2,
        "GET /raw/{path}": 2,
        UNMATCHED: 1,
    }


def test_one_endpoint_at_several_places_is_told_apart_by_the_path(counted):
    shared = Router(routes=[Route("/x/{a}", hello)])
    app = Starlette(
        routes=[
            Mount("/one/{b}", app=shared),
            Mount("/two", app=shared),
            Route("/three", hello),
        ]
    )
    names = counted(app, "GET /one/1/x/2", "GET /two/x/3", "GET /three", "GET /two/x/4")
    assert names == {"GET /one/{b}/x/{a}": 1, "GET /two/x/{a}": 2, "GET /three": 1}


def test_hosts(counted):
    app = Starlette(routes=[Host("test", app=Router(routes=[Route("/h/{a}", hello)]))])
    assert counted(app, "GET /h/1") == {"GET /h/{a}": 1}


def test_static_files_are_one_route_and_what_is_missing_is_unmatched(counted, tmp_path):
    (tmp_path / "a.css").write_text("a")
    app = Starlette(routes=[Mount("/static", app=StaticFiles(directory=tmp_path))])
    names = counted(app, "GET /static/a.css", "GET /static/b.css")
    assert names == {"GET /static/{path}": 1, UNMATCHED: 1}


def test_fastapi_prefixes_nested_routers_and_sub_applications(counted):
    inner = APIRouter(prefix="/inner")
    outer = APIRouter(prefix="/outer")

    @inner.get("/things/{thing_id}")
    def thing(thing_id: int):
        return thing_id

    @outer.post("/{outer_id}")
    async def make(outer_id: str):
        return outer_id

    outer.include_router(inner, prefix="/deep/{level}")
    outer.add_route("/plain/{a}", hello)
    sub = FastAPI()

    @sub.get("/sub/{x}")
    def sub_route(x: str):
        return x

    app = FastAPI()

    @app.get("/items/{item_id}")
    def item(item_id: int):
        return item_id

    app.include_router(outer, prefix="/api")
    app.include_router(outer, prefix="/api2")
    app.mount("/mounted", sub)
    names = counted(
        app,
        "GET /items/3",
        "GET /items/not-a-number",
        "POST /api/x",
        "POST /api2/y",
        "GET /api/outer/nothing/here",
        "POST /api/outer/9",
        "POST /api2/outer/9",
        "GET /api/outer/deep/low/inner/things/4",
        "GET /api2/plain/z",
        "GET /mounted/sub/1",
        "GET /openapi.json",
        "DELETE /items/3",
    )
    assert names == {
        "GET /items/{item_id}": 2,
        "DELETE /items/{item_id}": 1,
        "POST /api/outer/{outer_id}": 1,
        "POST /api2/outer/{outer_id}": 1,
        "GET /api/outer/deep/{level}/inner/things/{thing_id}": 1,
        "GET /api2/plain/{a}": 1,
        "GET /mounted/sub/{x}": 1,
        "GET /openapi.json": 1,
        UNMATCHED: 3,
    }


def test_the_root_path_of_the_server_is_no_part_of_a_route(counted):
    inner = Starlette(routes=[Route("/posts/{post}", hello)])
    app = Starlette(routes=[Mount("/v1", app=inner), Route("/x/{a}", hello)])
    names = counted(app, "GET /behind/x/1", "GET /behind/v1/posts/1", root_path="/behind")
    assert names == {"GET /x/{a}": 1, "GET /v1/posts/{post}": 1}


def test_a_route_that_is_added_later_is_found(counted, monkeypatch):
    seconds = iter(range(0, 1000, 10))
    monkeypatch.setattr("leakguard.routes.asgi_names.monotonic", lambda: float(next(seconds)))
    app = Starlette()

    async def add(request):
        app.add_route("/later/{a}", again)
        return PlainTextResponse("added")

    app.add_route("/add", add)
    assert counted(app, "GET /add", "GET /later/1") == {"GET /add": 1, "GET /later/{a}": 1}


def test_the_table_is_not_walked_for_each_request(counted, monkeypatch):
    walks = []
    from leakguard.routes import starlette_table

    def count(router):
        walks.append(router)
        return starlette_table.walk(router)

    monkeypatch.setattr("leakguard.routes.asgi_names.walk", count)
    app = Starlette(routes=[Route("/items/{id}", hello), Route("/x", again)])
    counted(app, *["GET /items/1", "GET /x"] * 50)
    assert len(walks) == 1


def answering(status):
    async def app(scope, receive, send):
        await PlainTextResponse("", status_code=status)(scope, receive, send)

    return app


def names_of(app, *paths, max_names=200, kind="http"):
    ledger = Ledger(AsgiNames(max_names), max_routes=max_names)

    async def ask():
        for path in paths:
            scope = {"type": kind, "method": "GET", "path": path, "headers": []}

            async def send(message):
                pass

            await Counting(app, ledger)(scope, None, send)

    asyncio.run(ask())
    return {row.route: row.requests for row in ledger.rows()}


def test_any_other_app_has_its_paths_folded():
    assert names_of(answering(200), "/users/1", "/users/2", "/about") == {
        "GET /users/{n}": 2,
        "GET /about": 1,
    }


def test_what_any_other_app_does_not_find_is_unmatched():
    assert names_of(answering(404), "/a", "/b") == {UNMATCHED: 2}


def test_folded_paths_take_half_of_the_rows_at_most():
    paths = ["/" + chr(97 + number) * 3 for number in range(26)]
    names = names_of(answering(200), *paths, max_names=10)
    assert len(names) == 6
    assert names[OTHER] == 21


def test_a_starlette_app_that_refuses_before_routing_makes_no_names(counted):
    class Wall:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            if scope["type"] == "http":
                await PlainTextResponse("no", status_code=401)(scope, receive, send)

    app = Starlette(routes=[Route("/", hello)])
    app.add_middleware(Wall)
    assert set(counted(app, "GET /a", "GET /b")) == {UNMATCHED}


def test_websockets_have_their_own_method():
    names = AsgiNames()
    ledger = Ledger(names)

    async def talk(websocket):
        await websocket.accept()
        await websocket.close()

    fast = FastAPI()

    @fast.websocket("/deep/{room}")
    async def deep(websocket: WebSocket, room: str):
        await websocket.accept()
        await websocket.close()

    app = Starlette(routes=[WebSocketRoute("/chat/{room}", talk), Mount("/fast", app=fast)])

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        pass

    async def run(path):
        scope = {
            "type": "websocket",
            "path": path,
            "root_path": "",
            "headers": [],
            "query_string": b"",
        }
        flight = ledger.enter(scope)
        await app(scope, receive, send)
        ledger.leave(flight, failed=False)

    asyncio.run(run("/chat/1"))
    asyncio.run(run("/fast/deep/2"))
    assert {row.route for row in ledger.rows()} == {"WS /chat/{room}", "WS /fast/deep/{room}"}
