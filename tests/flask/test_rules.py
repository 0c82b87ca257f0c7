"""The URL rule of a request is its route, however the request ends."""

from __future__ import annotations

import threading

import pytest
from flask import Blueprint, Flask, Response, abort, stream_with_context
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client
from werkzeug.wrappers import Response as Answer

from leakguard_flask import LeakGuard


def hello(**_):
    return "hello"


def ask(app, *paths, method="GET"):
    """The answers, each read and closed as a server does."""
    return [app.test_client().open(path, method=method, buffered=True) for path in paths]


def test_variables_methods_and_what_matches_nothing(make_app, counted):
    app = make_app()
    LeakGuard(app)
    app.add_url_rule("/items/<int:number>", "items", hello, methods=["GET", "POST"])
    app.add_url_rule("/slash/", "slash", hello)
    ask(app, "/items/0", "/items/1", "/items/2", "/no", "/items/x", "/slash")
    for method in ("POST", "HEAD", "OPTIONS", "DELETE"):
        ask(app, "/items/1", method=method)
    assert counted(app) == {
        "GET /items/<int:number>": (3, 0, 0),
        "POST /items/<int:number>": (1, 0, 0),
        "HEAD /items/<int:number>": (1, 0, 0),
        "OPTIONS /items/<int:number>": (1, 0, 0),
        "(unmatched)": (4, 0, 0),
    }


def test_a_page_for_whatever_matches_nothing_is_no_route(make_app, counted):
    app = make_app()
    LeakGuard(app)
    app.register_error_handler(404, lambda error: ("the single page", 200))
    answers = ask(app, "/a/1", "/b/x", "/a/1")
    assert {answer.status_code for answer in answers} == {200}
    assert counted(app) == {"(unmatched)": (3, 0, 0)}


def test_a_view_that_finds_nothing_keeps_its_rule(make_app, counted):
    app = make_app()
    LeakGuard(app)
    app.add_url_rule("/items/<int:number>", "items", lambda number: abort(404))
    ask(app, "/items/1")
    assert counted(app) == {"GET /items/<int:number>": (1, 0, 0)}


def test_nested_blueprints(make_app, counted):
    app = make_app()
    LeakGuard(app)
    outer, inner = Blueprint("outer", "outer"), Blueprint("inner", "inner", url_prefix="/inner")
    inner.add_url_rule("/<name>", "name", hello)
    outer.add_url_rule("/", "root", hello)
    outer.register_blueprint(inner)
    app.register_blueprint(outer, url_prefix="/shop/<lang>")
    app.register_blueprint(outer, url_prefix="/old", name="again")
    answers = ask(app, "/shop/en/", "/shop/de/inner/x", "/old/inner/y")
    assert {answer.text for answer in answers} == {"hello"}
    assert counted(app) == {
        "GET /shop/<lang>/": (1, 0, 0),
        "GET /shop/<lang>/inner/<name>": (1, 0, 0),
        "GET /old/inner/<name>": (1, 0, 0),
    }


def test_static_files(tmp_path, counted, make_app):
    (tmp_path / "a.txt").write_text("text")
    app = make_app()
    app.static_folder = str(tmp_path)
    app.add_url_rule("/static/<path:filename>", "static", app.send_static_file)
    LeakGuard(app)
    found, _ = ask(app, "/static/a.txt", "/static/no.txt")
    assert found.text == "text"
    assert counted(app) == {"GET /static/<path:filename>": (2, 0, 0)}


@pytest.mark.parametrize("propagate", [False, True])
def test_errors_count_for_their_rule(make_app, counted, propagate):
    app = make_app(PROPAGATE_EXCEPTIONS=propagate)
    LeakGuard(app)

    @app.route("/items/<int:number>")
    def items(number):
        raise ValueError("of the app")

    for path in ("/items/1", "/items/2"):
        if propagate:
            with pytest.raises(ValueError, match="of the app"):
                ask(app, path)
        else:
            assert ask(app, path)[0].status_code == 500
    assert counted(app) == {"GET /items/<int:number>": (2, 2, 0)}


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_what_is_no_exception_ends_the_request_of_its_rule(make_app, counted, kind):
    app = make_app()
    LeakGuard(app)
    app.add_url_rule("/hello", "hello", hello)

    @app.route("/items/<int:number>")
    def items(number):
        raise kind

    @app.route("/stream/<int:number>")
    def stream(number):
        def parts():
            yield "x"
            raise kind

        return Response(parts())

    for path in ("/items/1", "/items/2", "/stream/1"):
        with pytest.raises(kind):
            ask(app, path)
    ask(app, "/hello")
    assert {name: (row[0], row[2]) for name, row in counted(app).items()} == {
        "GET /items/<int:number>": (2, 0),
        "GET /stream/<int:number>": (1, 0),
        "GET /hello": (1, 0),
    }


def test_an_error_before_a_rule_has_matched_is_unmatched(make_app, counted):
    app = make_app(PROPAGATE_EXCEPTIONS=True)
    LeakGuard(app)

    @app.before_request
    def fail():
        raise ValueError("of the app")

    with pytest.raises(ValueError, match="of the app"):
        ask(app, "/no/1")
    assert counted(app) == {"(unmatched)": (1, 1, 0)}


def test_a_stream_is_in_flight_under_its_rule_until_it_is_closed(make_app, counted):
    app = make_app()
    LeakGuard(app)
    closed = []

    @app.route("/stream/<int:count>")
    def stream(count):
        def items():
            try:
                for _ in range(count):
                    yield "x"
            finally:
                closed.append(counted(app))

        return Response(stream_with_context(items()))

    answer = app.test_client().get("/stream/3", buffered=False)
    assert counted(app) == {"GET /stream/<int:count>": (0, 0, 1)}
    assert answer.data == b"xxx"
    answer.close()
    assert closed == [{"GET /stream/<int:count>": (0, 0, 1)}]
    assert counted(app) == {"GET /stream/<int:count>": (1, 0, 0)}


def test_a_request_in_flight_has_its_rule_before_it_answers(make_app, counted):
    app = make_app()
    LeakGuard(app)
    entered, go_on = threading.Event(), threading.Event()

    @app.route("/wait/<int:number>")
    def wait(number):
        entered.set()
        assert go_on.wait(30)
        return "done"

    thread = threading.Thread(target=app.test_client().get, args=["/wait/7"])
    thread.start()
    assert entered.wait(30)
    assert counted(app) == {"GET /wait/<int:number>": (0, 0, 1)}
    go_on.set()
    thread.join()
    assert counted(app) == {"GET /wait/<int:number>": (1, 0, 0)}


def test_async_views(make_app, counted):
    app = make_app()
    LeakGuard(app)

    @app.route("/async/<name>")
    async def view(name):
        return name

    assert app.test_client().get("/async/x").text == "x"
    assert counted(app) == {"GET /async/<name>": (1, 0, 0)}


def test_mounted_below_a_prefix(make_app, counted):
    app = make_app(APPLICATION_ROOT="/shop")
    app.add_url_rule("/items/<int:number>", "items", hello)
    LeakGuard(app)
    client = Client(DispatcherMiddleware(Answer("none", 404), {"/shop": app}))
    assert client.get("/shop/items/1").text == "hello"
    assert client.get("/shop/_leak").status_code == 401
    assert client.get("/_leak").status_code == 404
    assert counted(app) == {"GET /items/<int:number>": (1, 0, 0)}


def test_apps_mounted_in_the_app_begin_with_where_they_are_mounted(make_app, counted):
    app, api = make_app(), Flask("api")
    app.add_url_rule("/items/<int:number>", "items", hello)
    api.add_url_rule("/items/<int:number>", "items", hello)
    metrics = Answer("metrics")
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/v1": api, "/v2": api, "/metrics": metrics})
    LeakGuard(app)
    ask(app, "/items/1", "/v1/items/1", "/v2/items/1", "/v2/items/2", "/v1/no", "/metrics")
    assert counted(app) == {
        "GET /items/<int:number>": (1, 0, 0),
        "GET /v1/items/<int:number>": (1, 0, 0),
        "GET /v2/items/<int:number>": (2, 0, 0),
        "(unmatched)": (1, 0, 0),
        "GET /metrics": (1, 0, 0),
    }


def test_an_app_within_an_app_is_counted_by_both(make_app, counted):
    app, api = make_app(), make_app(PROPAGATE_EXCEPTIONS=True)

    @api.route("/fail/<int:number>")
    def fail(number):
        raise ValueError("of the app")

    leakguard = LeakGuard()
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/api": api})
    for each in (app, api):
        leakguard.init_app(each)
    with pytest.raises(ValueError, match="of the app"):
        ask(app, "/api/fail/1")
    assert counted(app) == {"GET /api/fail/<int:number>": (1, 1, 0)}
    assert counted(api) == {"GET /fail/<int:number>": (1, 1, 0)}
