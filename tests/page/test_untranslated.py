"""The page in Chinese, in every state that it may be seen in: no sentence is left in English."""

from __future__ import annotations

import dataclasses
import os
import re

import pytest
from page_tools import TOKEN, Element, ask, make_endpoint, make_findings, make_suspect, read

from leakguard import process
from leakguard.analysis.evidence import TermMove
from leakguard.analysis.findings import KINDS, Link, SnapshotFacts, Verdict
from leakguard.analysis.growth_notes import NOT_ENOUGH, few
from leakguard.analysis.route_findings import GrowthFacts, RouteShare
from leakguard.endpoint import Endpoint
from leakguard.errors import CaptureError
from leakguard.page.catalogue import words
from leakguard.page.facts import Compared, Facts, Point, Snapshot
from leakguard.page.render import page as rendered
from leakguard.page.static import bundle
from leakguard.report import Report
from leakguard.report.routes import Row
from leakguard.report.workers import SharedSuspect, WorkerRow, Workers

# What is called so in any language, beside the names of somebody's code.
KNOWN = {
    *("LeakGuard", "JavaScript", "Python", "CPython", "JSON", "English", "MB", "GB", "kB", "TB"),
    *("min", "ms", "RSS", "GET", "POST", "malloc", "fork", "gc", "HTML", "pid"),
    *("Authorization", "Bearer", "HTTP", "Basic", "LEAKGUARD_TOKEN", "token", "leakguard"),
}
WORD = re.compile(r"[A-Za-z][A-Za-z_.]+")
ENGLISH = re.compile(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}")
CHINESE = re.compile("[\u4e00-\u9fff]")
ATTRIBUTES = ("aria-label", "title", "alt", "placeholder")


def said(element):
    """What is said there, in text and in attributes, without the names of somebody's code."""
    for name in ATTRIBUTES:
        if element.attributes.get(name):
            yield element.attributes[name]
    for child in element.children:
        if isinstance(child, Element):
            if child.tag not in ("bdi", "title", "style") and "translate" not in child.attributes:
                yield from said(child)
        elif child.strip():
            yield child.strip()


def check(body):
    """No sentence is English, and no text is of English words alone."""
    tree = read(body)
    assert tree.one("html").attributes["lang"] == "zh"
    texts = list(said(tree.one("html")))
    assert any(map(CHINESE.search, texts))
    for text in texts:
        assert not ENGLISH.search(text), text
        if not CHINESE.search(text):
            unknown = set(WORD.findall(text)) - KNOWN
            assert not unknown, text
    marked = [e for e in tree.one("html").all(lang="en") if e.tag not in ("a", "strong")]
    assert [e.text for e in marked] == []


def chinese(endpoint, query="format=html&lang=zh", headers=(), **options):
    headers = [*headers, ("accept-language", "zh-CN,en;q=0.8")]
    response = ask(endpoint, query, headers=headers, **options)
    check(response.body)
    return response


MOVES = [
    TermMove(name, 100 << 20, 22e6, 20.0, 1.1e6, 1e6, 1.2e6, 0.98, True)
    for name in (*process.TERM_NAMES, "rss")
]
TERMS = dict.fromkeys(process.TERM_NAMES, 10 << 20) | {"rss": 60 << 20}
LINKS = tuple(
    Link("shop.Thing", "leaky.f", edge, "/srv/shop/cart.py", 3, repeats)
    for edge in (
        *("", ".carts", "[]", "[str]", "as a key", "in an expression", "internally"),
        *("free variable 'x'", "local variable 'y'", "context variable 'z'", "cached result"),
    )
    for repeats in (1, 49)
)
ROUTES = [
    Row(name, 5, 1, 0, 0.1, None)
    for name in (
        "GET /a",
        "(no request)",
        "(in flight)",
        "(other)",
        "(unmatched)",
        "(other tracks)",
    )
]
WORKERS = Workers(
    "shop",
    (
        WorkerRow(os.getpid(), rss_points=((60.0, 1 << 20), (0.0, 2 << 20)), rss_bytes=2 << 20),
        WorkerRow(2, error="worker 2 did not answer within 2 s"),
        WorkerRow(3, error="worker 3 cannot be reached: 7", suspect="x.y"),
        WorkerRow(4, ended_seconds=3.0, left=True),
        WorkerRow(5, ended_seconds=3.0, rss_bytes_per_minute=5e6, requests=7),
        WorkerRow(6, rss_bytes=900 << 20, snapshot_age_seconds=4.0, up_seconds=5.0),
        WorkerRow(7, rss_bytes=650 << 20),
    ),
    (SharedSuspect("f", "closure", "x.y", (2, 3), 5, 5, 0, 7 << 20, 2),),
)


def facts(findings, **changes):
    report = None if findings is None else Report(findings, (), 3.0, "shop", TERMS, MOVES)
    return Facts(bundle(), "zh", "./", {}, 1000.0, report=report, **changes)


def test_before_anything_is_known(endpoint):
    chinese(endpoint)
    chinese(make_endpoint(endpoint._watch._examine, routes=[]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_page(kind):
    capture = ("fork", "inline", "portable")[len(kind) % 3]
    suspect = make_suspect(kind=kind, chain=LINKS, moves="warming up")
    several = dataclasses.replace(
        suspect, rank=2, routes=(RouteShare("(other)", 0.5, 1, 2.0, 0.1),)
    )
    findings = make_findings(
        suspects=[suspect, several],
        snapshot=SnapshotFacts(capture, 0.003, 0.2, 1000, 900, 3000, 148_000_000, None),
    )
    whole = {
        "routes": ROUTES,
        "terms": TERMS,
        "trends": MOVES,
        "workers": WORKERS,
        "memory_limit": 1 << 30,
        "history": [Point(float(at), 60 << 20, TERMS) for at in range(9)],
        "route_history": {"GET /a": [(1.0, 1), (2.0, 5)]},
        "pauses": [(0.1, 0.2)],
        "snapshots": [Snapshot(1, 2.0, 3), Snapshot(2, 4.0, 30)],
        "difference": Compared(1, 2, 3.0, [("x.y", 1, 2)], [("x.Y", 1, 2)], (1, 2)),
        "suspects": 3,
    }
    for fresh in (None, "new", "kept"):
        check(rendered(facts(findings, fresh=fresh, **whole)))
    nothing = Compared(1, 2, 3.0, [], [], (1, 2))
    check(rendered(facts(findings, **{**whole, "difference": nothing, "memory_limit": None})))
    check(rendered(facts(findings, served=False)))


@pytest.mark.parametrize("kind", ["none", "warm-up", "native", "fragmentation", "unknown", "other"])
@pytest.mark.parametrize("term", [None, *process.TERM_NAMES])
def test_nothing_in_python_explains_it(kind, term):
    for growth in (None, GrowthFacts(False, 2, 1, 10.0, 5, 0), GrowthFacts(True, 5, 4, 9.0, 9, 1)):
        verdict = Verdict(kind, "Some words in English.", 0.9, term, "", "Some doubt.")
        findings = make_findings(suspects=(), verdict=verdict, growth=growth)
        check(rendered(facts(findings)))


def test_every_note():
    uncounted = GrowthFacts(False, 2, 1, 10.0, None, 0)
    counted = dataclasses.replace(uncounted, requests=60)
    for growth in (uncounted, counted):
        notes = (NOT_ENOUGH, few(growth), "portable capture: pypy is not CPython")
        check(rendered(facts(make_findings(growth=growth, notes=notes))))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (CaptureError("the capture was cancelled before it began"), 503),
        (ValueError("some value of the application"), 500),
    ],
)
def test_a_snapshot_that_failed(error, status):
    def examine(evidence, **options):
        raise error

    assert chinese(make_endpoint(examine), "format=html&fresh=1").status == status


@pytest.mark.parametrize(
    ("query", "status"),
    [
        *(("zzz=1", 400), ("top=0", 400), ("top=x", 400), ("worker=x", 400), ("worker=1", 404)),
        *(
            ("top=1&top=2", 400),
            ("from=9", 404),
            ("from=baseline&to=latest", 404),
            ("token=x", 400),
        ),
        ("&".join("top=1" for _ in range(30)), 400),
    ],
)
def test_a_wrong_question(endpoint, query, status):
    assert chinese(endpoint, query).status == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("sec-fetch-site", "cross-site")], 403),
        ([("origin", "https://evil.example")], 403),
        ([("host", "two")], 400),
    ],
)
def test_a_request_that_is_refused(endpoint, headers, status):
    assert chinese(endpoint, headers=headers).status == status


def test_who_has_no_token_and_who_guesses(endpoint):
    assert chinese(endpoint, token=None).status == 401
    for _ in range(10):
        chinese(endpoint, token=None, basic="me:guess")
    assert chinese(endpoint).status == 429


def test_there_is_no_token_or_no_such_place_or_the_endpoint_breaks(examine, monkeypatch):
    assert chinese(make_endpoint(examine), "", path="/static/nothing.css").status == 404
    assert chinese(make_endpoint(examine), "", path="/nothing").status == 404
    assert chinese(make_endpoint(examine), "", path="/trim").status == 405
    assert chinese(make_endpoint(examine, token=None)).status == 503
    monkeypatch.setattr(Endpoint, "_respond", lambda *_: 1 / 0)
    assert chinese(make_endpoint(examine)).status == 500


def test_without_a_bundle(endpoint, tmp_path, monkeypatch):
    from leakguard.page import static

    known = static.files
    monkeypatch.setattr(static, "files", lambda of: tmp_path if of == "leakguard" else known(of))
    static.bundle.cache_clear()
    try:
        assert words("zh")("page.no_script") in chinese(endpoint).body.decode()
    finally:
        static.bundle.cache_clear()
    assert TOKEN not in chinese(endpoint).body.decode()
