"""The extension by Flask's own conventions: app or factory, `app.config`, `app.extensions`."""

from __future__ import annotations

import pytest
import starlette.applications

from leakguard.errors import SettingsError
from leakguard_flask import LeakGuard

TOKEN = "a-token-that-nobody-may-see"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def test_one_line_answers_below_the_path_and_leaves_the_rest_to_the_app(make_app):
    app = make_app()
    app.add_url_rule("/", "hello", lambda: "hello")
    LeakGuard(app)
    client = app.test_client()
    assert client.get("/").text == "hello"
    assert client.get("/_leak").status_code == 401
    answer = client.get("/_leak?format=json", headers=BEARER)
    assert answer.status_code == 200
    assert [row["route"] for row in answer.json["routes"]] == ["GET /"]


def test_apps_of_one_factory_have_each_their_own_state(make_app, counted):
    leakguard = LeakGuard(cooldown=1)
    first, second = make_app(), make_app(LEAKGUARD_PATH="/memory", LEAKGUARD_COOLDOWN=9)
    for app in (first, second):
        leakguard.init_app(app)
        app.add_url_rule("/late", "late", lambda: "hello")
    assert first.extensions["leakguard"] is not second.extensions["leakguard"]
    assert first.test_client().get("/late").text == "hello"
    assert (counted(first), counted(second)) == ({"GET /late": (1, 0, 0)}, {})
    assert second.test_client().get("/memory", headers=BEARER).status_code == 200
    assert second.test_client().get("/_leak", headers=BEARER).status_code == 404
    assert [app.extensions["leakguard"].settings.cooldown for app in (first, second)] == [1, 1]


def test_keyword_then_environment_then_config(make_app, monkeypatch):
    monkeypatch.setenv("LEAKGUARD_TOP", "7")
    monkeypatch.setenv("LEAKGUARD_COOLDOWN", "7")
    app = make_app(LEAKGUARD_TOP=8, LEAKGUARD_COOLDOWN=8, LEAKGUARD_TIMEOUT=8)
    LeakGuard(app, top=6)
    settings = app.extensions["leakguard"].settings
    assert (settings.top, settings.cooldown, settings.timeout) == (6, 7.0, 8.0)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"LEAKGUARD_COOLDWN": 3}, "no key of app.config 'LEAKGUARD_COOLDWN'; did you mean "),
        ({"LEAKGUARD_PATH": "leak"}, "LEAKGUARD_PATH must start with '/'"),
    ],
)
def test_a_config_that_cannot_be_used_is_an_error_at_the_start(make_app, config, says):
    app = make_app(**config)
    with pytest.raises(SettingsError, match=says):
        LeakGuard(app)
    assert "leakguard" not in app.extensions
    assert app.test_client().get("/_leak").status_code == 404


def test_a_function_in_the_config_decides_who_may_ask(make_app):
    app = make_app(
        LEAKGUARD_TOKEN=None,
        LEAKGUARD_AUTHORIZE=lambda request: request.scope["HTTP_X_TEAM"] == "ops",
    )
    LeakGuard(app)
    client = app.test_client()
    assert client.get("/_leak", headers={"X-Team": "ops"}).status_code == 200
    assert client.get("/_leak", headers={"X-Team": "sales"}).status_code in (401, 403)


def test_twice_on_one_app_is_an_error(make_app, counted):
    app = make_app()
    leakguard = LeakGuard(app)
    for again in (leakguard.init_app, LeakGuard):
        with pytest.raises(SettingsError, match="'shop' has a LeakGuard already"):
            again(app)
    app.test_client().get("/", buffered=True)
    assert counted(app) == {"(unmatched)": (1, 0, 0)}


def test_what_is_no_flask_app_is_an_error_that_names_what_to_use(make_app):
    with pytest.raises(SettingsError, match=r"a Starlette is no Flask app.* leakguard\.LeakGuard"):
        LeakGuard(starlette.applications.Starlette())
    with pytest.raises(SettingsError, match="a method is no Flask app"):
        LeakGuard(make_app().wsgi_app)
