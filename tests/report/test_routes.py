"""Rows of routes: the ledger's figures with those of the image, which are exact where both tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from leakguard.analysis.evidence import TermMove
from leakguard.analysis.findings import Findings, Suspect
from leakguard.analysis.route_findings import (
    AllocationLine,
    GrowthFacts,
    RouteMemory,
    RouteShare,
)
from leakguard.report import Report, jsonform
from leakguard.report.routes import Row, rows

MakeReport = Callable[..., Report]
LINE = AllocationLine("/srv/shop/cart.py", 41, "add", 0.97, 2_700_000)
CART = RouteMemory(
    "GET /cart/{n}",
    3_200,
    2_800_000,
    2_800_000,
    4_096,
    875.0,
    (1,),
    (LINE,),
    90_000,
    1_400_000,
    0.97,
)
HEALTH = RouteMemory("GET /health", 160, 0, 0, 2_048, 0.0)
PART = (2_800_000 + 4_096) / 3e6  # of what the samples say: that much the image found
TRACK = RouteMemory("nightly", 3, 64_000, 64_000, 0, 21_333.3)
GROWTH = GrowthFacts(True, 5, 4, 150.0, 3_360, 2_900_000)


def sampled(live: float, pace: float) -> SimpleNamespace:
    return SimpleNamespace(
        live_bytes=live,
        weak_bytes=0.0,
        bytes_per_request=live / 3_200,
        minute_bytes=live / 2,
        ten_minutes_bytes=live / 4,
        many_requests_bytes=live / 8,
        growth=SimpleNamespace(bytes_per_minute=pace, low=0.9 * pace, high=pace, confidence=0.96),
        lines=(),
    )


@pytest.fixture
def report(make_report: MakeReport, carts: Suspect) -> Report:
    share = RouteShare("GET /cart/{n}", 0.5, 3_200, 875.0)
    grown = replace(carts, growth_bytes=2_800_000, confidence=0.97, routes=(share,), lines=(LINE,))
    made = make_report(suspects=(grown,), routes=(), growth=GROWTH)
    findings = replace(made.findings, routes=(CART, HEALTH, TRACK))
    ledger = [
        SimpleNamespace(
            route=route,
            requests=3_300,
            errors=1,
            in_flight=0,
            mean_seconds=0.002,
            memory=sampled(3e6, 9e4),
        )
        for route in ("GET /cart/{n}", "GET /health", "GET /new")
    ]
    return replace(made, findings=findings, routes=ledger)


def by_name(report: Report) -> dict[str, Row]:
    return {row.route: row for row in rows(report.routes, report.findings)}


def test_the_images_figures_override_the_estimates(report: Report) -> None:
    row = by_name(report)["GET /cart/{n}"]
    assert (row.requests, row.errors) == (3_300, 1)
    assert row.memory is not None
    assert (row.memory.live_bytes, row.memory.bytes_per_request) == (2_800_000, 875.0)
    assert (row.memory.suspects, row.memory.lines[0].live_bytes) == ((1,), 2_700_000)
    # Half of what the suspect gained in two and a half minutes.
    assert (row.memory.growth_bytes_per_minute, row.memory.confidence) == (560_000.0, 0.97)
    # The interval is the samples', made as wide as the image's figure asks for.
    assert row.memory.growth_low == pytest.approx(81_000 * PART, abs=0.1)
    assert row.memory.growth_high == 560_000.0


def test_ages_are_parts_of_what_is_alive(report: Report) -> None:
    found = by_name(report)
    cart, health = found["GET /cart/{n}"].memory, found["GET /health"].memory
    assert cart is not None
    assert health is not None
    size = cart.live_bytes + cart.weak_bytes
    ages = (cart.minute_bytes, cart.ten_minutes_bytes, cart.many_requests_bytes)
    assert ages == (size // 2, size // 4, size // 8)
    assert health.minute_bytes == 2_048 // 2


def test_what_samples_tell_beside_an_image_is_of_what_the_image_found(report: Report) -> None:
    none_left = replace(
        CART, live_bytes=0, strong_bytes=0, weak_bytes=0, growth_bytes=None, lines=()
    )
    little = replace(none_left, live_bytes=30_000, strong_bytes=30_000)
    line = SimpleNamespace(**vars(report.routes[0].memory), file="/srv/shop/cart.py")
    line.line, line.function, line.strong_bytes = 41, "add", 1e6
    for figures in report.routes:
        assert isinstance(figures.memory, SimpleNamespace)
        figures.memory.lines = (line,)
    told = replace(report.findings, suspects=(), routes=(none_left,))
    row = rows(report.routes, told)[0].memory
    assert row is not None
    assert (row.lines, row.minute_bytes, row.growth_bytes_per_minute) == ((), 0, 0.0)
    row = rows(report.routes, replace(told, routes=(little,)))[0].memory
    assert row is not None
    assert len(row.lines) == 1
    assert (row.minute_bytes, row.growth_bytes_per_minute) == (15_000, 900.0)


def test_a_route_grows_though_its_suspect_is_not_shown(report: Report) -> None:
    findings = replace(report.findings, suspects=())
    memory = rows(report.routes, findings)[0].memory
    assert memory is not None
    assert (memory.growth_bytes_per_minute, memory.confidence) == (560_000.0, 0.97)


def test_a_route_of_which_nothing_is_left_does_not_grow(report: Report) -> None:
    memory = by_name(report)["GET /health"].memory
    assert memory is not None
    assert (memory.live_bytes, memory.growth_bytes_per_minute, memory.confidence) == (0, 0.0, 0.0)
    assert (memory.growth_low, memory.growth_high) == (0.0, 0.0)


def test_before_there_is_enough_history_the_estimate_tells_the_growth(report: Report) -> None:
    findings = replace(report.findings, growth=replace(GROWTH, ready=False))
    paces = {
        row.route: row.memory.growth_bytes_per_minute
        for row in rows(report.routes, findings)
        if row.memory is not None
    }
    assert paces["GET /cart/{n}"] == pytest.approx(9e4 * PART, abs=0.1)
    assert paces["GET /health"] is None


def test_what_only_one_side_knows_has_a_row_too(report: Report) -> None:
    found = by_name(report)
    assert list(found) == ["GET /cart/{n}", "GET /health", "GET /new", "nightly"]
    track, new = found["nightly"].memory, found["GET /new"].memory
    assert track is not None
    assert new is not None
    assert (track.live_bytes, found["nightly"].requests) == (64_000, 3)
    assert (new.live_bytes, new.strong_bytes, new.suspects) == (3_000_000, None, None)


def test_rows_and_trends_as_json(report: Report) -> None:
    moves = tuple(
        TermMove(name, 10, 96e6, 60.0, 1.6e6, 1.5e6, 1.7e6, 0.99, True) for name in ("rss", "rest")
    )
    document: dict[str, Any] = jsonform.to_dict(replace(report, trends=moves))
    Draft202012Validator(jsonform.schema()).validate(document)
    assert document["process"]["trends"]["rest"] == {
        "change_bytes": 96_000_000,
        "minutes": 60.0,
        "bytes_per_minute": 1.6e6,
        "low": 1.5e6,
        "high": 1.7e6,
        "confidence": 0.99,
        "growing": True,
    }
    cart, _, new, _ = document["routes"]
    assert (cart["strong_bytes"], cart["margin_bytes"]) == (2_800_000, 90_000)
    assert cart["suspects"] == [1]
    ages = [cart[f"{age}_bytes"] for age in ("minute", "ten_minutes", "many_requests")]
    assert ages == [round(PART * was) for was in (1_500_000, 750_000, 375_000)]
    assert cart["growth_low"] <= cart["growth_bytes_per_minute"] <= cart["growth_high"]
    assert cart["lines"][0] == {
        "file": "/srv/shop/cart.py",
        "line": 41,
        "function": "add",
        "live_bytes": 2_700_000,
        "share": 0.97,
        "bytes": 2_700_000,
    }
    assert "strong_bytes" not in new
    assert Findings.from_dict(document).routes[0].lines == (LINE,)
