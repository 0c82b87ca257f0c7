from __future__ import annotations

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from leakguard.asgi import LeakGuard

TOKEN = "a-token-that-nobody-may-see"


async def hello(request):
    return PlainTextResponse("hello")


def test_an_error_of_ours_does_not_reach_the_app_and_is_logged_once(monkeypatch, caplog, ask):
    app = LeakGuard(Starlette(routes=[Route("/", hello)]), token=TOKEN)

    def broken(*arguments):
        raise ZeroDivisionError("of ours")

    with monkeypatch.context() as patch:
        patch.setattr(app._ledger, "add_figures", broken)
        assert [response.text for response in ask(app, "/", "/", "/")] == ["hello"] * 3
    with monkeypatch.context() as patch:
        patch.setattr(app._ledger, "_name_of", broken)
        assert ask(app, "/").text == "hello"
    assert ask(app, "/").text == "hello"
    rows = {row.route: (row.requests, row.in_flight) for row in app._ledger.rows()}
    assert rows == {"(other)": (1, 0), "GET /": (1, 0)}  # three could not be counted
    logged = [record for record in caplog.records if record.name == "leakguard"]
    assert len(logged) == 1
    assert logged[0].exc_info[0] is ZeroDivisionError


def test_different_errors_of_ours_are_each_logged(monkeypatch, caplog, ask):
    app = LeakGuard(Starlette(routes=[Route("/", hello)]), token=TOKEN)
    for error in (KeyError("a"), ValueError("b"), KeyError("c")):

        def broken(*arguments, error=error):
            raise error

        monkeypatch.setattr(app._ledger, "add_figures", broken)
        assert ask(app, "/").text == "hello"
    assert len([record for record in caplog.records if record.name == "leakguard"]) == 2
