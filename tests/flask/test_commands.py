"""`flask leakguard VERB`: the token of the app, and the verbs of the command line for this app."""

from __future__ import annotations

import json

import pytest

from leakguard.endpoint.tokens import shared_token
from leakguard_flask import LeakGuard

TOKEN = "a-token-that-nobody-may-see"


@pytest.fixture
def told(make_app):
    """told(*arguments, **config) -> the exit status and the output of `flask leakguard`."""

    def run(*arguments, **config):
        app = make_app(**config)
        LeakGuard(app)
        result = app.test_cli_runner().invoke(args=["leakguard", *arguments])
        return result.exit_code, result.output

    return run


def test_the_token_of_the_app(told):
    assert told("token") == (0, f"{TOKEN}\n")
    status, output = told("token", "--json")
    assert (status, json.loads(output)) == (0, {"token": TOKEN})


def test_only_who_serves_is_told_of_a_token_that_was_made(told, make_app, caplog):
    told("token", LEAKGUARD_TOKEN=None)
    assert caplog.text == ""
    app = make_app(LEAKGUARD_TOKEN=None)
    LeakGuard(app)
    for _ in range(2):
        app.test_client().get("/", buffered=True)
    assert caplog.text.count("no token is set for /_leak") == 1


def test_a_token_that_was_made_is_the_one_that_the_endpoint_takes(told, make_app):
    status, output = told("token", LEAKGUARD_TOKEN=None, LEAKGUARD_APP_NAME="shop-2")
    assert (status, output) == (0, shared_token("shop-2") + "\n")
    app = make_app(LEAKGUARD_TOKEN=None, LEAKGUARD_APP_NAME="shop-2")
    LeakGuard(app)
    bearer = {"Authorization": f"Bearer {output.strip()}"}
    assert app.test_client().get("/_leak", headers=bearer).status_code == 200


def test_there_is_no_token_where_a_function_decides(told):
    status, output = told("token", LEAKGUARD_TOKEN=None, LEAKGUARD_AUTHORIZE=lambda request: True)
    assert status == 2
    assert "decides who may ask" in output


def test_the_verbs_of_the_command_line_keep_their_status(told, tmp_path):
    status, output = told("open", str(tmp_path / "nothing.lgheap"), "--top", "3")
    assert status == 2
    assert "cannot open" in output


@pytest.mark.parametrize(
    ("arguments", "name"), [(["--top", "3"], "flask-shop"), (["--app=other"], "other")]
)
def test_the_app_of_the_settings_is_meant_unless_another_is_named(told, arguments, name):
    status, output = told("top", *arguments, LEAKGUARD_APP_NAME="flask-shop")
    assert status == 2
    assert f"there is no app '{name}' here" in output


def test_help_is_that_of_the_verb(told):
    status, output = told("top", "--help")
    assert status == 0
    assert "--worker" in output
    status, output = told("--help")
    assert status == 0
    for verb in ("token", "top", "snapshot", "workers", "open", "diff"):
        assert f"\n  {verb} " in output


def test_an_unknown_verb_is_refused(told):
    status, output = told("tokn")
    assert status == 2
    assert "tokn" in output
