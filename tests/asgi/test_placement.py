from __future__ import annotations

import tempfile

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from leakguard.asgi import LeakGuard

TOKEN = "a-token-that-nobody-may-see"
BEARER = {"authorization": f"Bearer {TOKEN}"}


async def hello(request):
    return PlainTextResponse("hello")


def test_add_middleware_on_starlette_and_fastapi(ask, figures):
    starlette, fastapi = Starlette(routes=[Route("/items/{n}", hello)]), FastAPI()
    fastapi.get("/items/{n}")(lambda n: n)
    for app in (starlette, fastapi):
        app.add_middleware(LeakGuard, token=TOKEN)
        assert [response.status_code for response in ask(app, "/items/1", "/items/2")] == [200, 200]
        assert figures(app) == {"GET /items/{n}": (2, 0, 0)}


def test_around_any_asgi_app(ask, figures):
    async def plain(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"plain"})

    app = LeakGuard(plain, token=TOKEN)
    assert ask(app, "/users/12").text == "plain"
    assert figures(app) == {"GET /users/{n}": (1, 0, 0)}


def test_without_options_a_token_is_made(tmp_path, ask):
    from leakguard.endpoint.tokens import shared_token

    app = Starlette(routes=[Route("/", hello)])
    app.add_middleware(LeakGuard)
    assert ask(app, "/_leak").status_code == 401
    headers = {"authorization": f"Bearer {shared_token()}"}
    assert ask(app, "/_leak", headers=headers).status_code == 200


def test_an_app_whose_token_cannot_be_kept_serves_all_the_same(tmp_path, monkeypatch, caplog, ask):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    app = LeakGuard(Starlette(routes=[Route("/", hello)]))
    assert ask(app, "/").text == "hello"
    assert ask(app, "/_leak", headers=BEARER).status_code == 503
    assert "is closed" in caplog.text


@pytest.mark.parametrize(
    ("path", "is_ours"),
    [
        ("/_leak", True),
        ("/_leak/", True),
        ("/_leak/nothing", True),
        ("/%5Fleak", True),
        ("/_leakage", False),
        ("/_leak.txt", False),
        ("/a/_leak", False),
        ("/_LEAK", False),
    ],
)
def test_which_paths_are_ours(path, is_ours, ask):
    app = LeakGuard(Starlette(), token=TOKEN)
    assert (ask(app, path).status_code == 401) is is_ours


def test_a_path_of_ones_own(ask):
    app = LeakGuard(Starlette(), token=TOKEN, path="/ops/leaks")
    assert ask(app, "/ops/leaks", headers=BEARER).status_code == 200
    assert ask(app, "/_leak", headers=BEARER).status_code == 404


def test_behind_a_root_path_and_below_a_mount(ask):
    sub = Starlette(routes=[Route("/x", hello)])
    sub.add_middleware(LeakGuard, token=TOKEN)
    app = Starlette(routes=[Mount("/sub", app=sub)])
    assert ask(app, "/sub/_leak", headers=BEARER).status_code == 200
    assert ask(app, "/_leak", headers=BEARER).status_code == 404
    whole = LeakGuard(app, token=TOKEN)
    for path in ("/behind/_leak", "/_leak"):  # whether or not the proxy keeps the prefix
        assert ask(whole, path, root_path="/behind", headers=BEARER).status_code == 200


def test_the_endpoint_is_in_no_schema_and_not_in_its_own_figures(ask, figures):
    app = FastAPI()
    app.add_middleware(LeakGuard, token=TOKEN)
    assert "_leak" not in ask(app, "/openapi.json").text
    ask(app, "/_leak", "/_leak/x", headers=BEARER)
    assert figures(app) == {"GET /openapi.json": (1, 0, 0)}


def test_head_has_no_body(ask):
    app = LeakGuard(Starlette(), token=TOKEN)
    response = ask(app, "/_leak", method="HEAD", headers=BEARER)
    assert response.status_code == 200
    assert int(response.headers["content-length"]) > 100
    assert response.content == b""


def test_the_app_can_have_a_name(ask):
    app = LeakGuard(Starlette(), token=TOKEN, app_name="shop")
    assert ask(app, "/_leak", headers=BEARER).text.startswith("shop")
