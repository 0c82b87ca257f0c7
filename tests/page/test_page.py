from __future__ import annotations

import re

import pytest
from page_tools import TOKEN, ask, header, make_endpoint, make_findings, read

SECTIONS = ("overview", "workers", "routes", "snapshot", "suspects", "graph", "explore", "compare")


def test_a_browser_gets_the_page_and_curl_gets_text(endpoint):
    assert header(ask(endpoint), "content-type") == ["text/html; charset=utf-8"]
    for accept in ("*/*", "text/plain, text/html;q=0.5", "text/*"):
        response = ask(endpoint, headers=[("accept", accept)])
        assert header(response, "content-type") == ["text/plain; charset=utf-8"]
    response = ask(endpoint, "format=html", headers=[("accept", "*/*")])
    assert response.body.startswith(b"<!DOCTYPE html>")


def test_the_page_says_all_that_the_report_says(opened):
    page = opened()
    assert "shop.cart.CARTS1 holds 41,207 Cart (97 % sure)." in page.one("h1").text
    assert [page.one("section", id=f"lg-{name}").tag for name in SECTIONS] == ["section"] * 8
    body = page.one("body").text
    for told in ("Give the container a bound", "host-1", "pid 4242", "CPython 3.12.1"):
        assert told in body
    card = page.one("article", id="suspect-1").text
    for told in ("97.3 MB", "66 %", "2.80 MB", "97 %", "875 B", "growing", "global cache"):
        assert told in card
    for told in ("GET /cart/{n} 99 %", "…/shop/cart.py:41", "shop.audit.SEEN"):
        assert told in card
    routes = page.one("section", id="lg-routes").text
    assert "GET /cart/{n}" in routes
    assert "3,200" in routes
    (row,) = page.one("section", id="lg-explore").one("tbody").all("tr")
    assert [cell.text for cell in row.children if not isinstance(cell, str)] == [
        *("shop.cart.Cart", "41,207", "1.05 MB", "102 MB")
    ]


def test_a_chain_is_a_list_in_words(opened):
    links = opened().one("article", id="suspect-1").one("ol", class_="chain").all("li")
    assert [link.text for link in links] == [
        "[module] shop.cart …/shop/cart.py",
        "[dict] .CARTS",
        "41,207 × [shop.cart.Cart] under str keys …/shop/cart.py:20",
    ]


def test_opening_the_page_takes_no_snapshot(endpoint, examine):
    page = read(ask(endpoint).body)
    assert examine.calls == 0
    assert "Nobody has looked at this heap yet." in page.one("h1").text
    assert "GET /cart/{n}" in page.one("section", id="lg-routes").text
    assert ask(endpoint, path="/latest").status == 404
    assert ask(endpoint, path="/history").status == 200
    assert examine.calls == 0


def test_the_form_takes_one(endpoint, examine):
    form = read(ask(endpoint).body).one("section", id="lg-snapshot").one("form")
    assert form.attributes["method"] == "get"
    sent = {field.attributes["name"]: field.attributes["value"] for field in form.all("input")}
    query = "&".join(f"{name}={value}" for name, value in sent.items())
    page = read(ask(endpoint, query).body)
    assert examine.calls == 1
    snapshot = page.one("section", id="lg-snapshot").text
    assert "This snapshot paused the process for 3 ms and took 200 ms." in snapshot
    assert "The last snapshots paused the process for 3 ms" in snapshot


def test_what_a_browser_loads_ahead_takes_none(endpoint, examine):
    for headers in ([("sec-purpose", "prefetch;prerender")], [("purpose", "prefetch")]):
        assert ask(endpoint, "format=html&fresh=1", headers=headers).status == 200
    assert examine.calls == 0


def test_the_age_of_the_findings_is_told(examine, opened, monkeypatch):
    opened()
    assert examine.calls == 1


def test_only_as_many_suspects_as_are_wanted(opened):
    page = opened("top=1")
    assert len(page.all("article")) == 1
    assert "1 more suspects" in page.one("section", id="lg-suspects").text


def test_nothing_found_is_said(endpoint, examine, opened):
    examine.findings = make_findings(suspects=())
    page = opened()
    assert "Nothing stands out" in page.one("h1").text
    assert page.all("article") == []


def test_no_script_and_no_style_is_inline(opened):
    page = opened("lang=zh")
    for element in page.all():
        assert element.tag not in ("style", "iframe", "object", "base")
        for name, value in element.attributes.items():
            assert not name.startswith("on")
            assert name != "style"
            assert "javascript:" not in (value or "")
        if element.tag == "script":
            assert element.text == ""
            assert element.attributes["src"]


@pytest.mark.parametrize(
    ("path", "own", "base"),
    [
        ("", None, "_leak/"),
        ("/", None, "./"),
        ("", "leak", "leak/"),
        ("", "", "./"),
        ("", "a:b", "a%3Ab/"),
    ],
)
def test_all_addresses_are_relative(endpoint, path, own, base):
    page = read(ask(endpoint, "format=html", path=path, own=own).body)
    assert page.one("body").attributes["data-base"] == base
    for element in page.all():
        for name in ("href", "src", "action", "data-words"):
            address = element.attributes.get(name)
            assert address is None or re.match(r"[#?]|" + re.escape(base), address), address


def test_a_longer_own_path_is_led_from_its_last_segment(examine):
    endpoint = make_endpoint(examine, path="/debug/of/leak")
    assert read(ask(endpoint).body).one("body").attributes["data-base"] == "leak/"


def test_ids_are_unique_and_labels_lead_somewhere(opened):
    page = opened()
    ids = [element.attributes["id"] for element in page.all() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    for element in page.all():
        for name in ("aria-labelledby", "href"):
            value = element.attributes.get(name, "")
            if name == "aria-labelledby" and value:
                assert value in ids
            if value.startswith("#"):
                assert value[1:] in ids
    assert len(page.all("h1")) == 1
    assert all(one.attributes.get("scope") for one in page.all("th"))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_language_is_declared_and_the_other_one_linked(opened, lang):
    page = opened(f"lang={lang}")
    assert page.one("html").attributes["lang"] == lang
    assert page.one("body").attributes["data-lang"] == lang
    other = {"en": "zh", "zh": "en"}[lang]
    link = page.one("a", hreflang=other)
    assert f"lang={other}" in link.attributes["href"]


def test_a_wrong_parameter_is_a_page_too(endpoint):
    for query, says in (("lang=xx", "'en' or 'zh'"), ("zzz=1", "no parameter"), ("from=9", "9")):
        response = ask(endpoint, f"format=html&{query}")
        assert 400 <= response.status < 500
        assert header(response, "content-type") == ["text/html; charset=utf-8"]
        assert says in read(response.body).one("main").text


def test_head_and_the_token_stay_as_they_were(endpoint):
    assert ask(endpoint, method="HEAD").status == 200
    assert ask(endpoint, token="wrong").status == 401
    assert TOKEN.encode() not in ask(endpoint).body
