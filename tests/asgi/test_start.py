"""What cannot be wrapped is told at the start, never at the first request."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.responses import PlainTextResponse

from leakguard.asgi import LeakGuard
from leakguard.errors import SettingsError

TOKEN = "a-token-that-nobody-may-see"


class Wsgi:
    def __call__(self, environ, start_response):
        return []


@pytest.mark.parametrize(
    ("app", "says"),
    [
        (None, "cannot be called"),
        ("app:app", "cannot be called"),
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


def test_an_endpoint_class_is_an_app(ask):
    class Hello(HTTPEndpoint):
        async def get(self, request):
            return PlainTextResponse("hello")

    assert ask(LeakGuard(Hello, token=TOKEN), "/").text == "hello"
