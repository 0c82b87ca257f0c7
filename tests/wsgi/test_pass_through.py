"""What a server sees of an app is the same with and without LeakGuard."""

from __future__ import annotations

import gc
import io
import sys
from wsgiref.handlers import SimpleHandler
from wsgiref.util import FileWrapper
from wsgiref.validate import validator

import pytest

from leakguard.routes._flight import slot_variable
from leakguard.wsgi import LeakGuard

TOKEN = "a-token-that-nobody-may-see"


def guarded(app, **options):
    return LeakGuard(app, token=TOKEN, **options)


def hello(environ, start_response):
    start_response("200 OK", [("content-type", "text/plain")])
    return [b"hello"]


def streaming(environ, start_response):
    start_response("200 OK", [("content-type", "text/plain")])
    yield b"one"
    yield b"two"


def by_write(environ, start_response):
    write = start_response("200 OK", [("content-type", "text/plain")])
    write(b"written")
    return []


def twice(environ, start_response):
    start_response("200 OK", [("content-type", "text/plain")])
    try:
        raise ValueError("on the way")
    except ValueError:
        start_response("500 Oops", [("content-type", "text/plain")], sys.exc_info())
    return [b"sorry"]


class Items:
    def __init__(self, *items):
        self.items = items
        self.closed = 0

    def __iter__(self):
        return iter(self.items)

    def close(self):
        self.closed += 1


class Sized(Items):
    def __len__(self):
        return len(self.items)


def served(app, environ):
    """All that a real handler writes to the client."""
    out = io.BytesIO()
    handler = SimpleHandler(io.BytesIO(), out, io.StringIO(), environ)
    handler.run(app)
    return [line for line in out.getvalue().split(b"\r\n") if not line.startswith(b"Date:")]


@pytest.mark.parametrize("app", [hello, streaming, by_write, twice])
def test_a_valid_app_stays_valid_and_says_the_same(app, environ):
    bare = served(validator(app), environ("/x"))
    assert served(validator(guarded(validator(app))), environ("/x")) == bare
    assert served(guarded(app), environ("/x")) == served(app, environ("/x"))


@pytest.mark.parametrize("made", [Items, Sized])
def test_the_answer_is_closed_as_often_as_the_server_does(made, environ, counted):
    items = made(b"a", b"b")

    def app(environ, start_response):
        start_response("200 OK", [])
        return items

    app = guarded(app)
    answer = app(environ("/x"), lambda *arguments: None)
    assert hasattr(answer, "__len__") == (made is Sized)
    assert list(answer) == [b"a", b"b"]
    assert items.closed == 0
    assert counted(app) == {"GET /x": (0, 0, 1)}
    answer.close()
    answer.close()
    assert items.closed == 2
    assert counted(app) == {"GET /x": (1, 0, 0)}


def test_a_list_and_a_file_reach_the_server_as_they_are(environ, counted):
    sent = [b"a"], (b"a", b"b"), FileWrapper(io.BytesIO(b"file"))
    for answer in sent:

        def app(environ, start_response, answer=answer):
            start_response("200 OK", [])
            return answer

        app = guarded(app)
        got = app(environ("/x", **{"wsgi.file_wrapper": FileWrapper}), lambda *arguments: None)
        assert got is answer
        assert counted(app) == {"GET /x": (1, 0, 0)}


def test_what_the_app_raises_passes_through(environ, counted):
    def at_once(environ, start_response):
        raise ValueError("at once")

    def later(environ, start_response):
        start_response("200 OK", [])
        yield b"a"
        raise KeyError("later")

    app = guarded(at_once)
    with pytest.raises(ValueError, match="at once"):
        app(environ("/x"), lambda *arguments: None)
    assert counted(app) == {"GET /x": (1, 1, 0)}
    app = guarded(later)
    answer = app(environ("/x"), lambda *arguments: None)
    assert next(iter(answer)) == b"a"
    with pytest.raises(KeyError, match="later"):
        next(answer)
    answer.close()
    assert counted(app) == {"GET /x": (1, 1, 0)}


def test_what_start_response_raises_and_returns_passes_through(environ):
    write = object()
    seen = []

    def start_response(*arguments):
        seen.append(arguments)
        if len(seen) == 2:
            raise RuntimeError("headers are sent")
        return write

    def app(environ, start_response):
        assert start_response("200 OK", [("a", "b")]) is write
        with pytest.raises(RuntimeError, match="headers are sent"):
            start_response("200 OK", [], None)
        return []

    guarded(app)(environ("/x"), start_response)
    assert seen == [("200 OK", [("a", "b")]), ("200 OK", [], None)]


def test_who_never_answers_has_failed(environ, counted):
    app = guarded(lambda environ, start_response: [])
    app(environ("/x"), lambda *arguments: None)
    assert counted(app) == {"GET /x": (1, 1, 0)}


def test_an_answer_that_nobody_closes_ends_when_it_is_dropped(environ, counted):
    app = guarded(streaming)
    answer = app(environ("/x"), lambda *arguments: None)
    next(iter(answer))
    assert counted(app) == {"GET /x": (0, 0, 1)}
    del answer
    gc.collect()
    assert counted(app) == {"GET /x": (1, 0, 0)}


def test_an_app_is_garbage_together_with_an_answer_that_nobody_closed(environ):
    closed = []

    def make():
        cycle = []

        def app(environ, start_response):
            start_response("200 OK", [])
            return items()

        def items():
            try:
                yield b"a"
                yield bytes(cycle)
            finally:
                closed.append(True)

        wrapped = guarded(app, baseline=False)
        answer = wrapped(environ("/x"), lambda *arguments: None)
        next(iter(answer))
        cycle.append([answer, wrapped])  # made last: it is taken apart last

    for _ in range(3):
        make()
        gc.collect()
    assert closed == [True] * 3


def test_an_answer_in_a_cycle_of_garbage_is_counted_and_nothing_is_said(environ, counted, caplog):
    app = guarded(streaming)
    for _ in range(50):
        given = environ("/x")
        given["answer"] = app(given, lambda *arguments: None)  # as a test client keeps it
    del given
    gc.collect()
    assert sum(requests for requests, _, _ in counted(app).values()) == 50
    assert caplog.text == ""


@pytest.mark.usefixtures("sampled")
def test_the_request_owns_what_runs_for_it_and_nothing_else(environ):
    seen = []

    def app(environ, start_response):
        seen.append(slot_variable.get())
        start_response("200 OK", [])
        return items()

    def items():
        for _ in range(2):
            seen.append(slot_variable.get())
            yield b"a"

    answer = guarded(app, sampling=True)(environ("/x"), lambda *arguments: None)
    assert slot_variable.get() is None
    for _ in answer:
        assert slot_variable.get() is None
    answer.close()
    assert len(seen) == 3
    assert len({id(slot) for slot in seen}) == 1
    assert seen[0] is not None
