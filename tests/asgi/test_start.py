"""What cannot be wrapped is told at the start, never at the first request."""

from __future__ import annotations

import logging
import types

import bottle
import django.core.handlers.wsgi
import falcon
import flask
import litestar
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.responses import PlainTextResponse

from leakguard.asgi import LeakGuard
from leakguard.errors import SettingsError

TOKEN = "a-token-that-nobody-may-see"
WSGIHandler = django.core.handlers.wsgi.WSGIHandler


class Wsgi:
    def __call__(self, environ, start_response):
        return []


async def make_app():
    pass


async def yields(scope, receive, send):
    yield


def module():
    made = types.ModuleType("shop")
    made.app = Starlette()
    return made


@pytest.mark.parametrize(
    ("app", "says"),
    [
        (None, "cannot be called"),
        ("app:app", "cannot be called. Pass the app, not the place"),
        (module(), "cannot be called. Is it shop.app"),
        (flask.Blueprint("shop", "shop"), "a Blueprint is no ASGI app: it cannot be called"),
        (make_app, "Does it make the app"),
        (lambda config=None, testing=False, more=0: Starlette(), "Does it make the app"),
        (lambda scope: make_app, "Is it an ASGI 2 app"),
        (yields, "it yields"),
        (lambda request: "hello", "it does not take"),
        (flask.Flask("shop"), "Is it a WSGI app.*from leakguard_flask import LeakGuard"),
        (flask.Flask("shop").wsgi_app, "Is it a WSGI app.*from leakguard_flask import LeakGuard"),
        (bottle.Bottle(), "Is it a WSGI app.*from leakguard.wsgi import LeakGuard"),
        (falcon.App(), "Is it a WSGI app.*from leakguard.wsgi import LeakGuard"),
        (WSGIHandler.__new__(WSGIHandler), "leakguard_django"),
        (Wsgi(), "Is it a WSGI app"),
        (lambda environ, start_response: [], "Is it a WSGI app"),
        (FastAPI, "make one first"),
        (dict, "make one first"),
    ],
)
def test_what_is_no_asgi_app_is_an_error_at_the_start(app, says):
    with pytest.raises(SettingsError, match=says):
        LeakGuard(app, token=TOKEN)


def test_an_unknown_option_is_an_error_at_the_start(ask):
    with pytest.raises(SettingsError, match="did you mean 'cooldown'"):
        LeakGuard(Starlette(), cooldwn=3)
    app = Starlette()
    app.add_middleware(LeakGuard, pth="/x")
    with pytest.raises(SettingsError, match="did you mean 'path'"):
        ask(app, "/", raise_errors=True)


def test_what_a_server_would_take_for_an_app_without_a_lifespan_is_in_the_log(recorded, caplog):
    app = Starlette()
    app.add_middleware(LeakGuard, pth="/x")
    with pytest.raises(SettingsError):
        recorded(app, {"type": "lifespan"}, [{"type": "lifespan.startup"}])
    (line,) = caplog.record_tuples
    assert line[:2] == ("leakguard", logging.ERROR)
    assert "did you mean 'path'" in line[2]


def test_a_second_one_around_the_first_is_an_error():
    app = LeakGuard(Starlette(), token=TOKEN, sampling=False)
    with pytest.raises(SettingsError, match="has a LeakGuard already"):
        LeakGuard(app, token=TOKEN)


def test_a_coroutine_that_makes_an_app_is_an_error_at_the_start():
    with pytest.raises(SettingsError, match="is async: pass what it returns"):
        LeakGuard(make_app(), token=TOKEN)


def test_litestar_does_not_get_one_for_each_route():
    @litestar.get("/cart")
    async def cart() -> str:
        return "hello"

    with pytest.raises(SettingsError, match=r"one route of a Litestar app.*LeakGuard\(Litestar"):
        litestar.Litestar([cart], middleware=[LeakGuard], logging_config=None)


def test_an_endpoint_class_is_an_app(ask):
    class Hello(HTTPEndpoint):
        async def get(self, request):
            return PlainTextResponse("hello")

    assert ask(LeakGuard(Hello, token=TOKEN), "/").text == "hello"
