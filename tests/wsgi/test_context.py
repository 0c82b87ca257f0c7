"""The variables of the thread that serves: whose request it is, and nothing left behind."""

from __future__ import annotations

import contextvars
import threading

import pytest

from leakguard.routes._flight import slot_variable
from leakguard.wsgi import LeakGuard


def guarded(app, **options):
    return LeakGuard(app, token="a-token-that-nobody-may-see", **options)


@pytest.mark.usefixtures("sampled")
def test_variables_that_the_app_resets_leave_the_context_as_it_was(environ):
    own = contextvars.ContextVar("own")
    kept = contextvars.ContextVar("kept")
    seen = []

    def app(asked, start_response):
        token = own.set("a request")
        if asked["PATH_INFO"] == "/kept":
            kept.set("for the thread")
        start_response("200 OK", [])
        own.reset(token)
        seen.append(slot_variable.get())
        return iter([b"one", b"two"])

    def ask(path):
        body = guarded(app, sampling=True)(environ(path), lambda *arguments: None)
        assert b"".join(body) == b"onetwo"
        body.close()
        return dict(contextvars.copy_context())

    assert contextvars.Context().run(ask, "/reset") == {}
    after = contextvars.Context().run(ask, "/kept")
    assert after[kept] == "for the thread"
    assert own not in after
    assert after[slot_variable] is None
    assert None not in seen


@pytest.mark.usefixtures("sampled")
def test_threads_that_have_no_variables_share_what_waits_for_a_request(environ):
    """Each request has its own slot, whichever thread it comes in, and no thread keeps one."""
    own = contextvars.ContextVar("own")
    routes = []

    def app(asked, start_response):
        token = own.set(asked["PATH_INFO"])
        start_response("200 OK", [])
        routes.append((slot_variable.get(), slot_variable.get().request))
        own.reset(token)
        return iter([b"one"])

    serve = guarded(app, sampling=True)
    left = []

    def ask():
        left.append(dict(contextvars.copy_context()))
        for _ in range(3):
            body = serve(environ("/"), lambda *arguments: None)
            assert b"".join(body) == b"one"
            body.close()
        left.append(dict(contextvars.copy_context()))

    for _ in range(4):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert left == [{}] * 8
    numbers = [number for _, number in routes]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 12
