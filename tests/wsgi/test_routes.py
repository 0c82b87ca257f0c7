"""What the requests of WSGI apps are called."""

from __future__ import annotations

import django
import flask
import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path, re_path
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from leakguard.wsgi import LeakGuard

TOKEN = "a-token-that-nobody-may-see"


def view(request, **kwargs):
    return HttpResponse("hello")


urlpatterns = [path("items/<int:pk>/", view), re_path(r"^old/(?P<name>\w+)$", view)]


@pytest.fixture(scope="module")
def django_app():
    if not settings.configured:
        settings.configure(SECRET_KEY="only for tests")
        django.setup()
    # Another test may have configured it before.
    with override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], MIDDLEWARE=[]):
        yield WSGIHandler()


def ask(app, environ, *requests):
    for method, address in requests:
        answer = app(environ(address, method), lambda *arguments: None)
        list(answer)
        getattr(answer, "close", lambda: None)()


def test_flask_tells_its_rule(environ, counted):
    app = flask.Flask("shop")
    app.add_url_rule("/cart/<int:number>", "cart", lambda number: "hello", methods=["GET", "POST"])
    wrapped = LeakGuard(app.wsgi_app, token=TOKEN)
    ask(wrapped, environ, *[("GET", f"/cart/{n}") for n in range(5)], ("POST", "/cart/1"))
    ask(wrapped, environ, ("GET", "/no"), ("DELETE", "/cart/1"))
    assert counted(wrapped) == {
        "GET /cart/<int:number>": (5, 0, 0),
        "POST /cart/<int:number>": (1, 0, 0),
        "(unmatched)": (2, 0, 0),
    }


def test_django_tells_its_pattern(environ, counted, django_app):
    wrapped = LeakGuard(django_app, token=TOKEN)
    ask(wrapped, environ, ("GET", "/items/1/"), ("GET", "/items/2/"), ("GET", "/old/x"))
    ask(wrapped, environ, ("GET", "/no"))
    assert counted(wrapped) == {
        "GET /items/<int:pk>/": (2, 0, 0),
        r"GET /old/(?P<name>\w+)$": (1, 0, 0),
        "(unmatched)": (1, 0, 0),
    }


def test_an_app_may_say_its_route(environ, counted):
    def app(environ, start_response):
        environ["leakguard.route"] = "/users/:name"
        start_response("200 OK", [])
        return []

    wrapped = LeakGuard(app, token=TOKEN)
    ask(wrapped, environ, ("GET", "/users/ann"), ("GET", "/users/bob"), ("BREW", "/users/bob"))
    assert counted(wrapped) == {"GET /users/:name": (2, 0, 0), "OTHER /users/:name": (1, 0, 0)}


def test_the_path_of_an_app_within_the_app_begins_with_where_it_is_mounted(environ, counted):
    def app(environ, start_response):
        start_response("200 OK", [])
        return []

    wrapped = LeakGuard(DispatcherMiddleware(app, {"/a": app, "/b": app}), token=TOKEN)
    addresses = ("/x", "/a/x", "/b/x", "/b/x", "/x", "/b")
    ask(wrapped, environ, *[("GET", address) for address in addresses])
    assert counted(wrapped) == {
        "GET /x": (2, 0, 0),
        "GET /a/x": (1, 0, 0),
        "GET /b/x": (2, 0, 0),
        "GET /b": (1, 0, 0),
    }


def test_paths_without_a_route_are_folded_and_bounded(environ, counted):
    def app(environ, start_response):
        start_response("200 OK", [])
        return []

    wrapped = LeakGuard(app, token=TOKEN, max_routes=20)
    ask(wrapped, environ, *[("GET", f"/a/{n}") for n in range(30)])
    ask(wrapped, environ, *[("GET", f"/{word}") for word in "abcdefghijklmnopqrstuvwxyz"])
    found = counted(wrapped)
    assert found["GET /a/{n}"] == (30, 0, 0)
    assert len(found) == 11
    assert sum(requests for requests, _, _ in found.values()) == 56
