"""What an app within the app serves begins with where it is mounted, where that can be known."""

from __future__ import annotations

from typing import Any

import litestar
import pytest
import quart
from small_shops import bottle_app, falcon_app, flask_app, litestar_app, quart_app
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from leakguard import asgi, frameworks, wsgi

TOKEN = "a-token-that-nobody-may-see"


async def plain(scope: Any, receive: Any, send: Any) -> None:  # Litestar wants to be told types
    await PlainTextResponse("hello")(scope, receive, send)


async def hello(request):
    return PlainTextResponse("hello")


def mounted(path, app):
    return litestar.asgi(path, is_mount=True, copy_scope=False)(app)


@pytest.fixture
def counted(ask, figures):
    """counted(app, *asked) -> requests by route; everything was found."""

    def run(app, *asked, root=""):
        wrapper = asgi.LeakGuard if frameworks_of_asgi(app) else wsgi.LeakGuard
        app = wrapper(app, token=TOKEN, sampling=False)
        for _ in range(2):  # what was remembered is the same
            answers = ask(app, *asked, root=root)
            assert {answer.status_code for answer in answers} == {200}
        return {route: requests // 2 for route, (requests, _) in figures(app).items()}

    return run


def frameworks_of_asgi(app):
    return isinstance(app, Starlette | litestar.Litestar | quart.Quart)


def test_litestar_and_quart_in_starlette(counted):
    app = Starlette(
        routes=[
            Mount("/a/{lang}", app=litestar_app()),
            Mount("/b", routes=[Mount("/c", app=quart_app())]),
            Route("/cart/{n}", hello),
        ]
    )
    names = counted(app, "GET /a/en/cart/1", "GET /a/de/cart/2", "GET /b/c/cart/1", "GET /cart/1")
    assert names == {
        "GET /a/{lang}/cart/{n}": 2,
        "GET /b/c/cart/<n>": 1,
        "GET /cart/{n}": 1,
    }


def test_what_is_mounted_later_is_attached_by_hand(counted):
    app, late = Starlette(), quart_app()
    guarded = Late(app, late)
    assert counted(guarded, "GET /b/cart/a-b-1") == {"GET /b/{path}": 1}
    frameworks.attach(late)
    assert counted(guarded, "GET /b/cart/a-b-1") == {"GET /b/cart/<n>": 1}


class Late(Starlette):
    """Mounts an app when it is first called."""

    def __init__(self, app, late):
        super().__init__()
        self.late = late

    async def __call__(self, scope, receive, send):
        if not self.routes:
            self.mount("/b", self.late)
        await super().__call__(scope, receive, send)


def test_whatever_is_mounted_in_litestar(counted):
    star = Starlette(routes=[Route("/cart/{n}/", hello), Mount("/deep", app=plain)])
    app = litestar_app(
        mounted("/lit", litestar_app()),
        mounted("/star", star),
        mounted("/plain", plain),
    )
    asked = ("/cart/1", "/lit/cart/1", "/star/cart/1", "/star/deep/x", "/plain")
    names = counted(app, *[f"GET {path}" for path in asked], "GET /plain/a/b", "GET /lit", "GET /")
    assert names == {
        "GET /cart/{n}": 1,
        "GET /lit/cart/{n}": 1,
        "GET /star/cart/{n}/": 1,
        "GET /star/deep/{path}": 1,
        "GET /plain/{path}": 2,
        "GET /lit/": 1,
        "GET /": 1,
    }


@pytest.mark.parametrize("make", [flask_app, bottle_app, falcon_app])
def test_one_app_at_several_places_of_a_dispatcher(counted, make):
    app, again = make(), make()
    wrapped = DispatcherMiddleware(again, {"/a": app, "/b": app})
    asked = ("/cart/1", "/a/cart/1", "/b/cart/1", "/b/cart/2", "/a/cart/1")
    names = counted(wrapped, *[f"GET {path}" for path in asked])
    template = "/cart/{n}" if make is falcon_app else "/cart/<n>"
    assert names == {f"GET {template}": 1, f"GET /a{template}": 2, f"GET /b{template}": 2}


@pytest.mark.parametrize("make", [flask_app, bottle_app, falcon_app, quart_app, litestar_app])
def test_where_the_server_has_mounted_the_app_is_no_part_of_its_routes(counted, make):
    app = make()
    where = "/shop" if frameworks_of_asgi(app) else ""
    names = counted(app, f"GET {where}/cart/1", f"GET {where}/cart/2", root="/shop")
    assert names in ({"GET /cart/<n>": 2}, {"GET /cart/{n}": 2})


def test_bottle_within_bottle_as_a_wsgi_app(counted):
    app, inner, deep = bottle_app(), bottle_app(), bottle_app()
    with pytest.warns(DeprecationWarning, match="WSGI mount"):
        inner.mount("/deep", deep)
    with pytest.warns(DeprecationWarning, match="WSGI mount"):
        app.mount("/inner", inner)
    asked = ("/cart/1", "/inner/cart/1", "/inner/cart/2", "/cart/2", "/inner/deep/cart/1")
    names = counted(app, *[f"GET {path}" for path in asked])
    assert names == {"GET /cart/<n>": 2, "GET /inner/cart/<n>": 3}
