"""Names that look like HTML, or that turn the direction of writing, are shown as text."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_tools import ask, make_endpoint, make_findings, make_suspect, read

from leakguard.analysis.findings import Link, ProcessFacts, TypeRow, Verdict
from leakguard.analysis.route_findings import AllocationLine, RouteShare
from leakguard.page.catalogue import words
from leakguard.page.names import name, sentence
from leakguard.report.columns import visible
from leakguard.routes import RouteRow

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "\"onmouseover='alert(1)' x=\"",
    "</bdi></section><h1>Nothing leaks</h1>",
    "<!-- ",
    "]]>&lt;b&gt;&amp;",
    "{{ 7 * 7 }}{% raw %}",
    "{holder}{0}%s%(x)s",
    "javascript:alert(1)",
    "a\u202edetucexe\u2066\u200f.\u061c",
    "קטלוג.עגלה",
    "\x00\x1b[31mred\r\nX-Evil: 1",
    "\ud800 alone",
)


def hostile_page(endpoint, examine, text, query=""):
    suspect = make_suspect(
        holder=text,
        object_type=text,
        fix=text,
        moves=text,
        also_held_by=(text,),
        routes=(RouteShare(text, 0.9, 10, 5.0),),
        lines=(AllocationLine(text, 1, text, 1.0, 5),),
        chain=(Link(text, text, text, text, 1), Link(text, "", f"['{text}']", text, None, 3)),
    )
    examine.findings = make_findings(
        suspects=[suspect],
        process=ProcessFacts(1, text, text, 1.0, 1 << 20),
        verdict=Verdict("global-cache", f"{text} holds it.", 0.5, None, text, text),
        types=(TypeRow(text, 1, 1, 1),),
        notes=(text,),
    )
    endpoint._routes = endpoint._pages._routes = lambda: [RouteRow(text, 1, 0, 0, 0.1)]
    assert ask(endpoint, "format=json").status == 200
    response = ask(endpoint, f"format=html{query}")
    assert response.status == 200, response.body.decode()
    return read(response.body)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_is_text_wherever_it_stands(endpoint, examine, text, lang):
    plain = hostile_page(endpoint, examine, "shop", f"&lang={lang}")
    page = hostile_page(make_endpoint(examine), examine, text, f"&lang={lang}")
    shown = " ".join(visible(text).split())
    for section in ("lg-suspects", "lg-routes", "lg-explore"):
        assert shown in page.one("section", id=section).text
    # In a sentence of the analysis a line break is a space.
    assert visible(" ".join(text.split())) in page.one("section", id="lg-overview").text
    for tag in ("script", "img", "h1", "section", "article", "a", "li", "td", "dd"):
        assert len(page.all(tag)) == len(plain.all(tag)), tag
    for element in page.all():
        assert not [key for key in element.attributes if key.startswith("on")]
    controls = [c for c in page.one("body").text if c in "\u202e\u2066\u200f\u061c\x00\x1b"]
    assert controls == []


@given(st.text(max_size=40))
def test_a_name_reads_as_it_is(text):
    assert read(name(text)).one("bdi").text == " ".join(visible(text).split())


@given(st.text(max_size=20), st.lists(st.text(max_size=8), max_size=3))
def test_a_sentence_reads_as_it_is_whatever_names_are_in_it(text, names):
    told = " ".join([text, *names, text])
    shown = visible(" ".join(told.split()))
    assert read(sentence(told, names)).text == " ".join(shown.split())


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20))
def test_what_is_filled_into_words_is_escaped_once(text):
    told = words("en")("say.share", name=text, percent="5 %")
    assert read(told).text_as_it_is == f"{text} (5 %)"


def test_a_name_stands_apart_from_its_neighbours(opened):
    card = opened().one("article", id="suspect-1")
    assert [bdi.text for bdi in card.one("h3").all("bdi")] == ["shop.cart.CARTS1"]


def test_a_very_long_name_may_break(endpoint, examine):
    page = hostile_page(endpoint, examine, "shop." * 500 + "Cart")
    assert len(page.one("article", id="suspect-1").one("h3").all("wbr")) == 500


def test_the_name_of_the_app_is_text(examine):
    suspect = dataclasses.replace(make_suspect(), holder="x")
    examine.findings = make_findings(
        suspects=[suspect], process=ProcessFacts(1, "<b>host</b>", "3", 1.0, 1)
    )
    endpoint = make_endpoint(examine)
    ask(endpoint, "format=json")
    page = read(ask(endpoint).body)
    assert page.all("b") == []
    assert page.one("title").text == "LeakGuard · <b>host</b>"
