"""What is wired as it was not meant either works all the same or is an error at the start."""

from __future__ import annotations

import pytest
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from fastapi import FastAPI
from small_shops import flask_app, litestar_app, quart_app
from starlette.applications import Starlette
from werkzeug.middleware.proxy_fix import ProxyFix

from leakguard import asgi, wsgi
from leakguard.errors import SettingsError
from leakguard_flask import LeakGuard as FlaskGuard

OPTIONS = {"token": "a-token-that-nobody-may-see", "sampling": False}


def with_extension():
    app = flask_app()
    FlaskGuard(app, **OPTIONS)
    return app


def with_wrapper():
    app = flask_app()
    app.wsgi_app = wsgi.LeakGuard(app.wsgi_app, **OPTIONS)
    return app


def with_middleware():
    app = FastAPI()
    app.add_middleware(asgi.LeakGuard, **OPTIONS)
    return app


@pytest.mark.parametrize("made", [with_extension, with_wrapper])
def test_a_flask_app_that_has_one_gets_no_other(made):
    for again in (
        lambda app: wsgi.LeakGuard(app, **OPTIONS),
        lambda app: wsgi.LeakGuard(ProxyFix(app.wsgi_app), **OPTIONS),
        lambda app: asgi.LeakGuard(app, **OPTIONS),
        FlaskGuard,
    ):
        with pytest.raises(SettingsError, match="has a LeakGuard already"):
            again(made())


def test_an_app_to_which_one_is_added_gets_no_other(ask):
    with pytest.raises(SettingsError, match="has a LeakGuard already"):
        asgi.LeakGuard(with_middleware(), **OPTIONS)
    app = with_middleware()
    app.add_middleware(asgi.LeakGuard, **OPTIONS)
    with pytest.raises(SettingsError, match="has a LeakGuard already"):
        ask(app, "GET /", raise_errors=True)


@pytest.mark.parametrize("between", [lambda app: app, ProxyFix])
def test_put_into_the_place_of_what_it_should_be_around(ask, figures, between):
    app = flask_app()
    app.wsgi_app = between(wsgi.LeakGuard(app, **OPTIONS))
    assert [answer.text for answer in ask(app, "GET /cart/1", "GET /cart/2")] == ["hello"] * 2
    assert figures(app) == {"GET /cart/<n>": (2, 0)}


@pytest.mark.parametrize(
    ("make", "slot", "route"),
    [
        (quart_app, "asgi_app", "GET /cart/<n>"),
        (litestar_app, "asgi_handler", "GET /cart/{n}"),
    ],
)
def test_put_into_that_place_of_an_asgi_app(ask, figures, make, slot, route):
    app = make()
    setattr(app, slot, asgi.LeakGuard(app, **OPTIONS))
    assert [answer.status_code for answer in ask(app, "GET /cart/1", "GET /cart/2")] == [200] * 2
    assert figures(app) == {route: (2, 0)}


def test_around_the_app_itself_a_middleware_that_comes_later_is_called(ask, figures):
    app, seen = flask_app(), []
    guarded = wsgi.LeakGuard(app, **OPTIONS)
    inner = app.wsgi_app
    app.wsgi_app = lambda environ, start: seen.append(environ["PATH_INFO"]) or inner(environ, start)
    ask(guarded, "GET /cart/1", "GET /cart/2")
    assert seen == ["/cart/1", "/cart/2"]
    assert figures(guarded) == {"GET /cart/<n>": (2, 0)}
    assert guarded.app is app  # nothing is left of having asked


def test_the_extension_may_be_served_or_put_in_the_apps_place(ask, figures):
    app = flask_app()
    served = FlaskGuard(app, **OPTIONS)
    put = flask_app()
    put.wsgi_app = FlaskGuard(put, **OPTIONS)
    for one in (served, put):
        assert ask(one, "GET /cart/1")[0].text == "hello"
        assert figures(one) == {"GET /cart/<n>": (1, 0)}
    several, apps = FlaskGuard(), [flask_app(), flask_app()]
    for app in apps:  # as long as they are there: an app that is dropped is forgotten
        several.init_app(app)
    with pytest.raises(SettingsError, match="give the server the Flask object"):
        several({}, lambda *_: None)


async def two(scope, receive):
    pass


async def handler(request):
    pass


@pytest.mark.parametrize("wrapper", [asgi.LeakGuard, wsgi.LeakGuard])
@pytest.mark.parametrize(
    ("app", "says"),
    [
        (two, "two is no [AW]SGI app: it .*Wrap the [AW]SGI app itself"),
        (handler, "handler is no [AW]SGI app: it .*Wrap the [AW]SGI app itself"),
        (lambda request: "hello", "Does it serve one route"),
        (object(), "an object is no"),
        (
            convert_exception_to_response(WSGIHandler.__new__(WSGIHandler)._get_response),
            "In Django's MIDDLEWARE it is 'leakguard_django.LeakGuard'",
        ),
    ],
)
def test_what_is_of_neither_kind_is_not_taken_for_the_other(wrapper, app, says):
    with pytest.raises(SettingsError, match=says) as told:
        wrapper(app, **OPTIONS)
    assert "Is it a" not in str(told.value)


def test_apps_that_are_wired_as_they_should_be_are_none_of_this(ask):
    inner = with_middleware()
    outer = Starlette()
    outer.mount("/inner", inner)  # counts for itself, below what is counted for the whole
    asgi.LeakGuard(outer, **OPTIONS)
    for app in (flask_app(), WSGIHandler.__new__(WSGIHandler)):  # a handler without a project
        wsgi.LeakGuard(ProxyFix(app), **OPTIONS)
