"""How frameworks that leave the route nowhere tell it; an app that says it itself."""

from __future__ import annotations

import subprocess
import sys

import falcon
import falcon.asgi
import pytest
import quart
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden
from pyramid.request import Request
from pyramid.response import Response

from leakguard import asgi, frameworks, wsgi

TOKEN = "a-token-that-nobody-may-see"


class Cart:
    def on_get(self, req, resp, **variables):
        resp.text = "hello"


class AsyncCart:
    async def on_get(self, req, resp, **variables):
        resp.text = "hello"


def falcon_app(**options):
    app = falcon.App(**options)
    app.add_route("/cart/{n}", Cart())
    return app


def pyramid_app(*more):
    config = Configurator()
    config.add_route("cart", "/cart/{n}")
    config.add_view(lambda request: Response("hello"), route_name="cart")
    for each in more:
        config.include(each)
    return config.make_wsgi_app()


def guarded(app, **options):
    return wsgi.LeakGuard(app, token=TOKEN, sampling=False, **options)


def test_the_hook_is_added_once():
    apps = falcon_app(), falcon.asgi.App(), quart.Quart("shop"), pyramid_app()
    for app in (*apps, *apps):
        frameworks.attach(app)
    assert [len(app._unprepared_middleware) for app in apps[:2]] == [1, 1]
    assert len(list(quart.request_started.receivers_for(apps[2]))) == 1
    assert not isinstance(apps[3].routes_mapper._mapper, type(apps[3].routes_mapper))
    assert apps[3].routes_mapper.has_routes()


def test_an_app_behind_a_middleware_that_shows_it_is_found(ask, figures):
    class Around:
        def __init__(self, application):
            self.application = application

        def __call__(self, environ, start_response):
            return self.application(environ, start_response)

    app = guarded(Around(Around(falcon_app()).__call__))
    ask(app, "GET /cart/a-b-1")
    assert figures(app) == {"GET /cart/{n}": (1, 0)}


def test_an_app_that_a_middleware_hides_is_attached_by_hand(ask, figures):
    hidden, told = falcon_app(), falcon_app()
    frameworks.attach(told)
    for app, name in ((hidden, "GET /cart/{x}"), (told, "GET /cart/{n}")):
        wrapped = guarded(lambda environ, start_response, app=app: app(environ, start_response))
        ask(wrapped, "GET /cart/a-b-1")
        assert figures(wrapped) == {name: (1, 0)}


@pytest.mark.parametrize("independent", [True, False])
@pytest.mark.parametrize("how", ["raises", "completes"])
def test_what_a_component_of_falcon_answers_has_its_route(ask, figures, independent, how):
    class Wall:
        def process_resource(self, req, resp, resource, params):
            if how == "raises":
                raise falcon.HTTPUnauthorized
            resp.complete = True

    app = guarded(falcon_app(middleware=[Wall()], independent_middleware=independent))
    ask(app, "GET /cart/1")
    assert figures(app) == {"GET /cart/{n}": (1, 0)}


def test_sinks_of_falcon_have_their_folded_path(ask, figures):
    app = falcon_app()
    app.add_sink(Cart().on_get, "/old")
    wrapped = guarded(app)
    ask(wrapped, "GET /old/1", "GET /old/2", "GET /none/2")
    assert figures(wrapped) == {"GET /old/{n}": (2, 0), "(unmatched)": (1, 0)}


def test_falcon_asgi_answers_of_a_component_have_their_route(ask, figures):
    class Wall:
        async def process_resource(self, req, resp, resource, params):
            raise falcon.HTTPUnauthorized

    app = falcon.asgi.App(middleware=[Wall()])
    app.add_route("/cart/{n}", AsyncCart())
    wrapped = asgi.LeakGuard(app, token=TOKEN, sampling=False)
    ask(wrapped, "GET /cart/1")
    assert figures(wrapped) == {"GET /cart/{n}": (1, 0)}


def test_pyramid_predicates_static_views_subrequests_and_exception_views(ask, figures, tmp_path):
    (tmp_path / "a.txt").write_text("text")

    def more(config):
        def outer(request):
            answer = request.invoke_subrequest(Request.blank("/cart/1"))
            return Response(answer.text)

        def forbidden(request):
            raise HTTPForbidden

        config.add_route("only", "/only/{n}", request_param="yes")
        config.add_view(forbidden, route_name="only")
        config.add_forbidden_view(lambda error, request: Response("no", status=403))
        config.add_route("outer", "/outer")
        config.add_view(outer, route_name="outer")
        config.add_static_view("static", str(tmp_path))

    app = guarded(pyramid_app(more))
    answers = ask(
        app, "GET /only/1?yes=1", "GET /only/1", "GET /outer", "GET /static/a.txt", "GET /static/b"
    )
    assert [answer.status_code for answer in answers] == [403, 404, 200, 200, 404]
    assert figures(app) == {
        "GET /only/{n}": (1, 0),
        "(unmatched)": (1, 0),
        "GET /outer": (1, 0),
        "GET /static/*subpath": (2, 0),
    }


def test_pyramid_without_any_route(ask, figures):
    config = Configurator()
    config.add_view(lambda request: Response("hello"), name="cart")
    app = guarded(config.make_wsgi_app())
    ask(app, "GET /cart/1", "GET /cart/2", "GET /none")
    assert figures(app) == {"GET /cart/{n}": (2, 0), "(unmatched)": (1, 0)}


def test_a_page_of_quart_for_whatever_matches_nothing_is_no_route(ask, figures):
    app = quart.Quart("shop")

    @app.errorhandler(404)
    async def page(error):
        return "the single page"

    wrapped = asgi.LeakGuard(app, token=TOKEN, sampling=False)
    answers = ask(wrapped, "GET /a/1", "GET /b/x")
    assert {answer.status_code for answer in answers} == {200}
    assert figures(wrapped) == {"(unmatched)": (2, 0)}


def saying(said):
    """An app of each protocol that says its route itself."""

    async def asgi_app(scope, receive, send):
        scope["leakguard.route"] = said(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    def wsgi_app(environ, start_response):
        environ["leakguard.route"] = said(environ["PATH_INFO"])
        start_response("200 OK", [])
        return []

    options = {"token": TOKEN, "sampling": False, "max_routes": 20}
    return [asgi.LeakGuard(asgi_app, **options), wsgi.LeakGuard(wsgi_app, **options)]


def test_an_app_may_say_its_route_or_that_there_is_none(ask, figures):
    for app in saying(lambda path: "/:user" if path.startswith("/u") else None):
        ask(app, "GET /u1", "GET /u2", "POST /u2", "BREW /u3", "GET /x")
        assert figures(app) == {
            "GET /:user": (2, 0),
            "POST /:user": (1, 0),
            "OTHER /:user": (1, 0),
            "(unmatched)": (1, 0),
        }


def test_a_route_that_is_another_each_time_fills_no_table(ask, figures, monkeypatch):
    monkeypatch.setattr("leakguard.routes.asgi_names._MAX_TEMPLATES", 30)
    monkeypatch.setattr("leakguard.routes.wsgi_names._MAX_TEMPLATES", 30)
    for app in saying(lambda path: path):
        ask(app, *[f"GET /{number}" for number in range(100)])
        found = figures(app)
        assert len(found) <= 21
        assert sum(requests for requests, _ in found.values()) == 100
        assert len(app._ledger._name_of.by_template) <= 30


def test_no_framework_is_loaded_for_an_app_that_does_not_use_it():
    program = """
import sys
from leakguard import asgi, wsgi
async def app(scope, receive, send): pass
asgi.LeakGuard(app, token="x" * 20)
wsgi.LeakGuard(lambda environ, start_response: [], token="x" * 20)
loaded = {name.partition(".")[0] for name in sys.modules}
print(*loaded & set("fastapi starlette litestar quart falcon bottle pyramid flask django".split()))
"""
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
