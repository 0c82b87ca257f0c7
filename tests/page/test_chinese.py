"""The page in Chinese: put together from the findings' fields; what is left in English says so."""

from __future__ import annotations

import dataclasses
import re

import pytest
from page_tools import make_findings, make_suspect, read

from leakguard.analysis.evidence import TermMove
from leakguard.analysis.findings import KINDS, Verdict
from leakguard.analysis.growth_notes import NOT_ENOUGH, few
from leakguard.analysis.route_findings import (
    AllocationLine,
    GrowthFacts,
    RouteMemory,
    RouteShare,
    Unreached,
)
from leakguard.analysis.verdict_unreached import ADVICE
from leakguard.page import sentences
from leakguard.page.catalogue import words
from leakguard.process.terms import TERM_NAMES
from leakguard.report import Report

ENGLISH = re.compile(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}")
CHINESE = re.compile("[\u4e00-\u9fff]")


def told(findings, **report):
    return read(sentences.verdict(words("zh"), Report(findings, **report)).text).text


def move(name, **changes):
    known = TermMove(name, 100 << 20, 22e6, 20.0, 1.1e6, 1e6, 1.2e6, 0.98, True)
    return dataclasses.replace(known, **changes)


def verdict_only(kind, term=None, advice="Do this.", **changes):
    verdict = Verdict(kind, "Some words in English.", 0.9, term, advice, "Some doubt.")
    return make_findings(suspects=(), verdict=verdict, **changes)


def test_a_leak_is_told_by_route_amount_holder_and_line():
    text = told(make_findings())
    for part in ("GET /cart/{n}", "泄漏", "875 B", "97 %", "41,207", "Cart", "shop.cart.CARTS1"):
        assert part in text
    assert "…/shop/cart.py:41" in text
    assert "2.80 MB" in text  # what it has gained,
    assert "700 kB" in text  # and a minute
    assert not ENGLISH.search(text)


def test_a_suspect_that_was_not_seen_to_grow_only_seems_to_leak():
    still = make_suspect(growth_bytes=None, growth_objects=None, moves=None, confidence=None)
    assert "疑似泄漏" in told(make_findings(suspects=[still]))


def test_several_routes_are_listed_with_their_shares():
    routes = tuple(
        RouteShare(route, share, 10, 5.0, margin)
        for route, share, margin in (
            ("GET /a", 0.5, 0.01),
            ("(no request)", 0.3, 0.01),
            ("GET /chance", 0.1, 0.2),
            ("GET /little", 0.01, 0.0),
        )
    )
    text = told(make_findings(suspects=[make_suspect(routes=routes)]))
    assert "GET /a（50 %）" in text
    assert "请求之外的工作（30 %）" in text
    assert "chance" not in text
    assert "little" not in text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("routes", [True, False])
def test_every_kind_of_suspect_has_words_and_a_fix(kind, routes):
    suspect = make_suspect(kind=kind, **({} if routes else {"routes": (), "lines": ()}))
    findings = make_findings(suspects=[suspect])
    text = told(findings)
    assert CHINESE.search(text)
    assert not ENGLISH.search(text)
    report = Report(findings)
    for remedy in (sentences.fix(words("zh"), suspect), sentences.advice(words("zh"), report)):
        assert CHINESE.search(remedy.text) or remedy.language == "en"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("term", [None, "rss", *TERM_NAMES])
def test_every_verdict_on_memory_has_words(kind, term):
    findings = verdict_only(kind, term)
    trends = [move(term)] if term else []
    terms = dict.fromkeys(TERM_NAMES, 10 << 20) | {"rss": 100 << 20}
    for report in (
        Report(findings, terms=terms, trends=trends),
        Report(findings, trends=[dataclasses.replace(one, growing=False) for one in trends]),
        Report(dataclasses.replace(findings, growth=None)),
    ):
        text = read(sentences.verdict(words("zh"), report).text).text
        assert CHINESE.search(text)
        assert not ENGLISH.search(text)
        doubt = sentences.doubt(words("zh"), report)
        assert CHINESE.search(doubt.text)
        advice = sentences.advice(words("zh"), report)
        assert CHINESE.search(advice.text) or advice.language == "en"


def test_a_term_is_told_with_its_pace():
    findings = verdict_only("native", "c_heap_in_use")
    text = told(findings, trends=[move("c_heap_in_use")])
    for part in ("C 堆", "1.10 MB", "22.0 MB", "20 min 00 s", "malloc"):
        assert part in text


def test_what_no_python_object_holds_is_told_by_route_and_line():
    line = AllocationLine("/srv/shop/cart.py", 41, "add", 1.0, 2_800_000)
    left = Unreached(3_000_000, 500.0, 0.9, (line,))
    verdict = Verdict("native", "Some words in English.", 0.9, None, ADVICE, "")
    memory = [RouteMemory("GET /a", 9, 1, 1, 0, 0.1), RouteMemory("GET /b", 9, 1, 1, 0, 0.1)]
    routes = (memory[0], dataclasses.replace(memory[1], unreached=left))
    findings = make_findings(suspects=(), verdict=verdict, routes=routes)
    text = told(findings)
    for part in ("GET /b", "泄漏", "500 B", "90 %", "…/shop/cart.py:41", "3.00 MB", "750 kB"):
        assert part in text
    assert not ENGLISH.search(text)
    advice = sentences.advice(words("zh"), Report(findings))
    assert advice.language is None
    assert "Py_DECREF" in advice.text


def test_doubt_counts_the_snapshots_that_are_missing():
    growth = GrowthFacts(False, 2, 1, 10.0, 5, 0)
    findings = verdict_only("none", growth=growth)
    assert "再做 2 次快照" in sentences.doubt(words("zh"), Report(findings)).text


def test_notes_on_growth_are_put_together_anew():
    growth = GrowthFacts(False, 2, 1, 10.0, 60, 0)
    findings = make_findings(growth=growth, notes=(NOT_ENOUGH, few(growth), "Something else."))
    first, second, third = sentences.notes(words("zh"), findings)
    assert CHINESE.search(first.text)
    assert "2 次快照" in second.text
    assert "60" in second.text
    assert third == ("Something else.", "en")
    assert [str(one.text) for one in sentences.notes(words("en"), findings)] == list(findings.notes)


def test_what_is_left_in_english_says_so(endpoint, examine, opened):
    suspect = make_suspect(fix="Do something of your own.")
    examine.findings = make_findings(
        suspects=[suspect], notes=("Something that no catalogue has.",)
    )
    page = opened("lang=zh")
    marked = [e.text for e in page.all(lang="en") if e.tag in ("span", "li")]
    assert "Do something of your own." in marked
    assert "Something that no catalogue has." in marked
    plain = [e for e in page.one("main").all() if e.tag in ("p", "li", "dt", "th", "h1", "h2")]
    for element in plain:
        own = " ".join(c for c in element.children if isinstance(c, str))
        marks = {element.attributes.get("lang"), element.parent.attributes.get("lang")}
        assert "en" in marks or not ENGLISH.search(own), own


def test_the_english_page_has_the_words_of_the_report():
    findings = make_findings()
    text = read(sentences.verdict(words("en"), Report(findings)).text).text
    assert text == "shop.cart.CARTS1 holds 41,207 Cart (97 % sure)."
