"""/_leak under WSGI: the same answers and the same protection as under ASGI."""

from __future__ import annotations

import asyncio

import bottle
import falcon.asgi
import fastapi
import flask
import pytest
import quart
from django.core.handlers.asgi import ASGIHandler
from werkzeug.test import Client

from leakguard.errors import SettingsError
from leakguard.wsgi import LeakGuard

TOKEN = "a-token-that-nobody-may-see"
BEARER = {"authorization": f"Bearer {TOKEN}"}


def hello(environ, start_response):
    start_response("200 OK", [("content-type", "text/plain")])
    return [b"hello"]


@pytest.fixture
def client():
    return Client(LeakGuard(hello, token=TOKEN))


def test_the_report_as_text_and_as_json(client):
    assert client.get("/shop").text == "hello"
    answer = client.get("/_leak", headers=BEARER)
    assert answer.status_code == 200
    assert "Nothing stands out" in answer.text
    answer = client.get("/_leak?format=json", headers=BEARER)
    counted = [row["route"] for row in answer.json["routes"] if row["requests"]]
    assert counted == ["GET /shop"]
    assert answer.headers["cache-control"] == "no-store"


def test_without_the_token_nothing_is_told(client):
    for headers in ({}, {"authorization": "Bearer wrong"}):
        answer = client.get("/_leak", headers=headers)
        assert answer.status_code == 401
        assert "www-authenticate" in answer.headers
    assert client.get(f"/_leak?token={TOKEN}", headers=BEARER).status_code == 400


def test_head_has_no_body_and_other_paths_are_the_apps(client):
    answer = client.head("/_leak", headers=BEARER)
    assert (answer.status_code, answer.data) == (200, b"")
    assert int(answer.headers["content-length"]) > 0
    assert client.get("/_leaks").text == "hello"
    assert client.get("/x/_leak").text == "hello"
    assert client.get("/_leak/no-such", headers=BEARER).status_code == 404


def test_a_thread_with_a_loop_is_answered_and_keeps_its_loop(client):
    async def ask():
        return client.get("/_leak", headers=BEARER), asyncio.get_running_loop()

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        answer, running = loop.run_until_complete(ask())
        assert answer.status_code == 200
        assert running is loop
        assert client.get("/_leak", headers=BEARER).status_code == 200
        assert asyncio.get_event_loop() is loop
    finally:
        asyncio.set_event_loop(None)
        loop.close()


@pytest.mark.parametrize(
    ("app", "says"),
    [
        (None, "cannot be called"),
        ("app:app", "cannot be called. Pass the app, not the place"),
        (dict, "make one first"),
        (bottle.app, "Does it make the app"),
        (lambda config=None, testing=False: hello, "Does it make the app"),
        (fastapi.FastAPI(), "Is it an ASGI app.*from leakguard import LeakGuard"),
        (quart.Quart("shop"), "Is it an ASGI app.*from leakguard import LeakGuard"),
        (falcon.asgi.App(), "Is it an ASGI app.*from leakguard import LeakGuard"),
        (ASGIHandler.__new__(ASGIHandler), "Is it an ASGI app.*leakguard_django"),
        (flask.Flask, "make one first"),
        (lambda scope, receive, send: None, "Is it an ASGI app"),
    ],
)
def test_what_is_no_wsgi_app_is_an_error_at_the_start(app, says):
    with pytest.raises(SettingsError, match=says):
        LeakGuard(app, token=TOKEN)


def test_a_second_one_around_the_first_is_an_error():
    with pytest.raises(SettingsError, match="has a LeakGuard already"):
        LeakGuard(LeakGuard(hello, token=TOKEN, sampling=False), token=TOKEN)


def test_an_asgi_app_is_an_error_at_the_start():
    class App:
        async def __call__(self, scope, receive, send):
            pass

    with pytest.raises(SettingsError, match="Is it an ASGI app"):
        LeakGuard(App(), token=TOKEN)
    with pytest.raises(SettingsError, match="did you mean 'cooldown'"):
        LeakGuard(hello, cooldwn=3)


def test_an_error_of_ours_does_not_reach_the_app(monkeypatch, caplog):
    app = LeakGuard(hello, token=TOKEN)

    def broken(*arguments):
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr(app._ledger, "add_figures", broken)
    assert [Client(app).get("/x").text for _ in range(3)] == ["hello"] * 3
    assert len([record for record in caplog.records if record.name == "leakguard"]) == 1


def test_the_body_of_a_request_reaches_the_endpoint(client):
    mark = {"Content-Type": "multipart/form-data; boundary=mark", "x-leakguard": "1", **BEARER}
    part = '--mark\r\nContent-Disposition: form-data; name="from"\r\n\r\nno image\r\n--mark--\r\n'
    answer = client.post("/_leak/view/compare-files", data=part.encode(), headers=mark)
    assert answer.status_code == 400
    assert answer.json["error"]["message"] == "There is no file 'to' in the form."
