"""`POST /_leak/view/compare-files`: two image files that are dropped on the page."""

from __future__ import annotations

import asyncio
import dataclasses
import json

import pytest

from leakguard.endpoint import uploads
from leakguard.endpoint.views import Views

OURS = ("x-leakguard", "1")
BEFORE, AFTER = b"\x89LG\r\n--no-mark\r\n" * 1000, b"\x00\r\n\r\n--" * 100_000


class Source:
    def __init__(self):
        self.files = []

    def ask_files(self, view, files, given):
        for file in files:
            with open(file, "rb", closefd=False) as opened:
                opened.seek(0)
                self.files.append((view, opened.read()))
        return b'{"holders":[]}'


@pytest.fixture
def source():
    return Source()


@pytest.fixture
def endpoint(make_endpoint, source):
    made = make_endpoint()
    made._views = Views(source)
    return made


def form(parts, mark="----mark"):
    """A multipart body, and the header that says so."""
    body = b""
    for name, content in parts:
        said = f'form-data; name="{name}"; filename="x.lgheap"'
        body += f"--{mark}\r\nContent-Disposition: {said}\r\n".encode()
        body += b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n"
    return body + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


BOTH = form([("from", BEFORE), ("to", AFTER)])


@pytest.fixture
def send(a_request):
    """send(endpoint, body, content_type, ...): the answer; the body comes in pieces of a size."""

    def run(endpoint, body, content_type, *, headers=(OURS,), size=10_000, **more):
        more.setdefault("path", "/view/compare-files")
        sent = [*headers, ("content-type", content_type)]
        request = a_request(method="POST", headers=sent, **more)

        async def pieces():
            for at in range(0, len(body), size):
                yield body[at : at + size]

        return asyncio.run(endpoint.answer(dataclasses.replace(request, body=pieces)))

    return run


@pytest.mark.parametrize("size", [7_001, 1 << 20, 10 << 20])
def test_both_files_arrive_as_they_were_sent(endpoint, send, source, size):
    answer = send(endpoint, *BOTH, size=size)
    assert (answer.status, json.loads(answer.body)) == (200, {"holders": []})
    assert ("cache-control", "no-store") in answer.headers
    assert source.files == [("compare", BEFORE), ("compare", AFTER)]


def test_their_order_and_other_parts_do_not_matter(endpoint, send, source):
    parts = [("note", b"x"), ("to", AFTER), ("from", BEFORE), ("from", b"again")]
    send(endpoint, *form(parts))
    assert [content for _, content in source.files] == [BEFORE, AFTER]


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (b"", BOTH[1], "no file 'from'"),
        (BOTH[0], "application/octet-stream", "multipart/form-data"),
        (BOTH[0], "multipart/form-data", "multipart/form-data"),
        (BOTH[0], "multipart/form-data; boundary=other", "no file 'from'"),
        (BOTH[0][: len(BEFORE) + 500], BOTH[1], "no file 'to'"),
        (form([("from", BEFORE)])[0], BOTH[1], "no file 'to'"),
        (b"------mark\r\n" * 50, BOTH[1], "no file 'from'"),
    ],
)
def test_a_body_that_is_no_such_form_is_refused(endpoint, send, source, body, content_type, says):
    answer = send(endpoint, body, content_type)
    assert answer.status == 400
    assert says in json.loads(answer.body)["error"]["message"]
    assert source.files == []


def test_it_is_not_for_pages_of_other_sites(endpoint, send, source):
    assert send(endpoint, *BOTH, headers=()).status == 400
    foreign = [OURS, ("origin", "https://elsewhere.example")]
    assert send(endpoint, *BOTH, headers=foreign).status == 403
    assert send(endpoint, *BOTH, token=None).status == 401
    assert source.files == []


def test_too_much_is_not_taken(endpoint, send, source, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_BYTES", 100_000)
    assert send(endpoint, *BOTH).status == 413
    assert send(endpoint, *form([("from", b"a"), ("to", b"b")])).status == 200


def test_a_request_without_a_body_and_other_methods(endpoint, ask):
    path = "/view/compare-files"
    assert ask(endpoint, path=path).status == 405
    assert ask(endpoint, path=path, method="POST", headers=[OURS]).status == 400
