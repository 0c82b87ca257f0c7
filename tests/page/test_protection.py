"""What a browser is told, who gets in, and which files there are."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from page_tools import TOKEN, ask, header, read

from leakguard.page import static


def policy(response):
    (told,) = header(response, "content-security-policy")
    return {part.partition(" ")[0]: part.partition(" ")[2] for part in told.split("; ")}


def test_the_page_is_kept_to_itself(endpoint):
    response = ask(endpoint, "format=html")
    told = policy(response)
    assert told["default-src"] == "'none'"
    assert told["frame-ancestors"] == told["base-uri"] == "'none'"
    assert told["require-trusted-types-for"] == "'script'"
    for source in ("script-src", "style-src", "connect-src", "form-action", "img-src"):
        assert told[source] == "'self'"
    assert "unsafe" not in str(told)
    assert header(response, "referrer-policy") == ["no-referrer"]
    assert header(response, "x-content-type-options") == ["nosniff"]
    assert header(response, "cache-control") == ["no-store"]
    assert header(response, "cross-origin-resource-policy") == ["same-origin"]
    assert header(response, "set-cookie") == []


def test_a_browser_without_a_token_is_told_how_to_log_in(endpoint, examine):
    response = ask(endpoint, token=None)
    assert response.status == 401
    (challenge,) = header(response, "www-authenticate")
    assert challenge.startswith("Basic ")
    page = read(response.body)
    assert "the password is LeakGuard's token" in page.one("main").text
    assert page.all("script") == page.all("link", rel="stylesheet") == []
    assert policy(response)["default-src"] == "'none'"
    style = hashlib.sha256(page.one("style").text_as_it_is.encode()).digest()
    assert policy(response)["style-src"] == f"'sha256-{base64.b64encode(style).decode()}'"
    assert header(response, "set-cookie") == []
    in_chinese = ask(endpoint, token=None, headers=[("accept-language", "zh-CN")])
    assert "令牌" in read(in_chinese.body).one("main").text


def test_curl_is_told_as_before(endpoint):
    response = ask(endpoint, token=None, headers=[("accept", "*/*")])
    assert response.status == 401
    assert len(header(response, "www-authenticate")) == 2
    assert response.body.startswith(b"Credentials are needed")


def test_the_token_as_the_password_lets_in(endpoint):
    assert ask(endpoint, token=None, basic=f"anyone:{TOKEN}").status == 200
    assert ask(endpoint, token=None, basic="anyone:wrong").status == 401


def test_guessing_at_the_page_locks_it(endpoint):
    for _ in range(10):
        assert ask(endpoint, token=None, basic="a:guess").status == 401
    response = ask(endpoint)
    assert response.status == 429
    assert header(response, "retry-after") == ["60"]
    assert "Too many wrong credentials" in read(response.body).one("main").text


@pytest.mark.parametrize("path", ["", "/latest", "/history", "/static/x.css", "/snapshot"])
def test_nothing_is_answered_without_the_token(endpoint, examine, path):
    name = static.bundle().names["page.css"]
    for asked in (path, f"/static/{name}"):
        assert ask(endpoint, path=asked, token=None).status == 401
    assert examine.calls == 0


def test_another_site_is_refused_and_the_page_offered_from_here(endpoint):
    response = ask(endpoint, "lang=en&top=3", headers=[("sec-fetch-site", "cross-site")])
    assert response.status == 403
    assert read(response.body).one("a").attributes["href"] == "?lang=en&top=3"


def test_a_snapshot_is_posted_with_the_header(endpoint, examine):
    marked = [("x-leakguard", "1"), ("accept", "*/*")]
    assert ask(endpoint, path="/snapshot").status == 405
    response = ask(endpoint, path="/snapshot", method="POST")
    assert response.status == 400
    assert "X-LeakGuard" in json.loads(response.body)["error"]["message"]
    foreign = [*marked, ("origin", "https://evil.example")]
    assert ask(endpoint, path="/snapshot", method="POST", headers=foreign).status == 403
    assert examine.calls == 0
    response = ask(endpoint, path="/snapshot", method="POST", headers=marked)
    assert response.status == 200
    assert examine.calls == 1
    assert json.loads(response.body)["schema"] == "leakguard/1"


def test_the_other_actions_are_as_they_were(endpoint):
    for path in ("/baseline", "/trim"):
        assert ask(endpoint, path=path).status == 405
        foreign = [("sec-fetch-site", "cross-site")]
        assert ask(endpoint, path=path, method="POST", headers=foreign).status == 403
    assert ask(endpoint, path="/trim", method="POST", headers=[("accept", "*/*")]).status == 200


def test_files_may_be_kept_for_ever(endpoint):
    types = {"css": "text/css; charset=utf-8", "svg": "image/svg+xml", "json": "application/json"}
    for plain, name in static.bundle().names.items():
        response = ask(endpoint, path=f"/static/{name}", headers=[("accept", "*/*")])
        assert response.status == 200
        kind = plain.rpartition(".")[2]
        if kind in types:
            assert header(response, "content-type") == [types[kind]]
        assert "immutable" in header(response, "cache-control")[0]
        assert header(response, "cache-control")[0].startswith("private")
        assert header(response, "x-content-type-options") == ["nosniff"]
        (tag,) = header(response, "etag")
        for sent in (tag, f"W/{tag}", f'"other", {tag}'):
            again = ask(endpoint, path=f"/static/{name}", headers=[("if-none-match", sent)])
            assert (again.status, again.body) == (304, b"")
            assert header(again, "etag") == [tag]
        other = ask(endpoint, path=f"/static/{name}", headers=[("if-none-match", '"x"')])
        assert other.status == 200


@pytest.mark.parametrize(
    "name",
    [
        *("", "page.css", "manifest.json", "../page.css", "../../settings.py", "/etc/passwd"),
        *("..%2fsettings.py", "words/en.json", "words.en.json", ".", "..", "static.py", "\x00"),
        *("./{css}", "{css}/", "{css}/..", "x/../{css}"),
    ],
)
def test_no_other_file_is_to_be_had(endpoint, name):
    name = name.replace("{css}", static.bundle().names["page.css"])
    response = ask(endpoint, path=f"/static/{name}")
    assert response.status == 404
    assert b"import" not in response.body


def test_the_words_are_served_from_the_one_source(endpoint):
    for lang in ("en", "zh"):
        page = read(ask(endpoint, f"format=html&lang={lang}").body)
        address = page.one("body").attributes["data-words"].removeprefix("_leak")
        words = json.loads(ask(endpoint, path=address).body)
        assert words["page.title"]


def test_a_bundle_is_served_when_there_is_one(endpoint, tmp_path, monkeypatch):
    built = tmp_path / "ui" / "static"
    built.mkdir(parents=True)
    (built / "app.12ab.js").write_text("export {}")
    (built / "app.34cd.css").write_text("p{}")
    (built / "secret.html").write_text("x")
    (built / "manifest.json").write_text(
        json.dumps(
            {
                "app.js": "app.12ab.js",
                "app.css": "app.34cd.css",
                "x": "../../secret.js",
                "y": "secret.html",
            }
        )
    )
    known = static.files
    monkeypatch.setattr(static, "files", lambda of: tmp_path if of == "leakguard" else known(of))
    static.bundle.cache_clear()
    try:
        page = read(ask(endpoint).body)
        script = page.one("script").attributes
        assert script["src"] == "_leak/static/app.12ab.js"
        assert script["type"] == "module"
        assert len(page.all("link", rel="stylesheet")) == 3
        response = ask(endpoint, path="/static/app.12ab.js")
        assert header(response, "content-type") == ["text/javascript; charset=utf-8"]
        assert response.body == b"export {}"
        for name in ("secret.html", "../../secret.js", "manifest.json"):
            assert ask(endpoint, path=f"/static/{name}").status == 404
    finally:
        static.bundle.cache_clear()


def test_without_a_bundle_the_page_and_the_log_say_so(endpoint, tmp_path, monkeypatch, caplog):
    known = static.files
    monkeypatch.setattr(static, "files", lambda of: tmp_path if of == "leakguard" else known(of))
    static.bundle.cache_clear()
    try:
        page = read(ask(endpoint).body)
        assert page.all("script") == []
        assert "built without the page's script" in page.one("main").text
        ask(endpoint)
        assert [record.getMessage()[:32] for record in caplog.records] == [
            "the page is without its script: "
        ]
    finally:
        static.bundle.cache_clear()
