"""Findings as plain values, and the analyser as a process of its own."""

from __future__ import annotations

import dataclasses
import json
import os

import pytest

from leakguard.analysis.__main__ import main
from leakguard.analysis.findings import Findings, Verdict
from leakguard.analysis.route_findings import AllocationLine, GrowthFacts, RouteMemory, RouteShare
from leakguard.image import TypeKind


@pytest.fixture
def leaking(heap):
    heap.builder.meta["notes"] = ["clone was denied"]
    carts = heap.variable(heap.shop, "CARTS", "list", 8000, TypeKind.LIST)
    heap.fill(carts, 1000, 2300)
    return heap


def test_to_dict_has_the_documented_keys(leaking):
    data = leaking.analyse().to_dict()
    assert data["schema"] == "leakguard/1"
    assert list(data["process"]) == ["pid", "host", "python", "uptime_seconds", "rss_bytes"]
    assert list(data["snapshot"]) == [
        "capture", "pause_seconds", "wall_seconds", "objects", "nodes", "edges", "heap_bytes",
        "coverage",
    ]  # fmt: skip
    assert list(data["verdict"]) == ["kind", "text", "confidence", "advice"]
    (suspect,) = data["suspects"]
    assert list(suspect) == [
        "rank", "kind", "holder", "retained_bytes", "share", "objects", "fingerprint", "fix",
        "chain", "confidence",
    ]  # fmt: skip
    assert suspect["confidence"] == data["verdict"]["confidence"]
    assert suspect["objects"] == {"type": "shop.Cart", "count": 1000}
    assert list(suspect["chain"][0]) == ["type", "name", "edge", "file", "line", "repeats"]
    assert list(data["types"][0]) == ["type", "count", "shallow_bytes", "retained_bytes"]
    assert data["notes"] == ["clone was denied"]


def test_findings_survive_json(leaking):
    findings = leaking.analyse()
    assert Findings.from_dict(json.loads(json.dumps(findings.to_dict()))) == findings


def test_what_earlier_snapshots_and_samples_add_survives_json(leaking):
    findings = leaking.analyse()
    line = AllocationLine("shop/cart.py", 41, "shop.cart.add", 0.93, 2_100_000)
    suspect = dataclasses.replace(
        findings.suspects[0],
        growth_bytes=2_000_000,
        bytes_per_request=620.5,
        routes=(RouteShare("GET /cart/{n}", 0.9, 3200, 562.5, 0.04), RouteShare("x", 0.1, 0, None)),
        lines=(line,),
    )
    memory = RouteMemory(
        "GET /cart/{n}", 3200, 1_900_000, 1_900_000, 60, 593.75, (1,), (line,), 80_000
    )
    full = dataclasses.replace(
        findings,
        verdict=Verdict("warm-up", "Still warming up.", 0.5, "python_objects", "Wait.", "Time."),
        suspects=(suspect,),
        routes=(memory,),
        growth=GrowthFacts(True, 5, 4, 600.0, 3200, 2_000_000),
    )
    assert Findings.from_dict(json.loads(json.dumps(full.to_dict()))) == full


def test_reports_of_earlier_versions_can_be_read(leaking):
    data = leaking.analyse().to_dict()
    data["routes"] = [{"route": "GET /", "requests": 1, "errors": 0, "in_flight": 0}]
    assert "growth" not in data
    findings = Findings.from_dict(data)
    assert findings.routes == ()
    assert findings.growth is None
    assert findings.suspects[0].routes == findings.suspects[0].lines == ()
    assert findings.verdict.term is None


def test_another_schema_is_refused(leaking):
    data = leaking.analyse().to_dict() | {"schema": "leakguard/2"}
    with pytest.raises(ValueError, match="leakguard/2"):
        Findings.from_dict(data)


def test_types_are_sorted_and_include_folded_leaves(leaking):
    text = leaking.builder.type("str", TypeKind.STR)
    leaking.builder.folded(text, 40, 9_000_000)
    rows = leaking.analyse().types
    assert rows[0].type == "str"
    assert (rows[0].count, rows[0].shallow_bytes) == (40, 9_000_000)
    by_type = {row.type: row for row in rows}
    assert by_type["shop.Cart"].count == 1000
    assert by_type["shop.Cart"].shallow_bytes == by_type["shop.Cart"].retained_bytes == 2_300_000
    assert by_type["list"].retained_bytes == 2_308_000
    assert [r.shallow_bytes for r in rows] == sorted((r.shallow_bytes for r in rows), reverse=True)


def run_main(tmp_path, image):
    out = tmp_path / "out.json"
    with image.open("rb") as source, out.open("wb") as sink:
        code = main(["--image-fd", str(source.fileno()), "--out-fd", str(sink.fileno())])
        assert os.fstat(sink.fileno())  # the caller's descriptor stays open
    return code, json.loads(out.read_text("utf-8"))


def test_main_writes_findings(tmp_path, leaking):
    image = tmp_path / "shop.lgheap"
    leaking.builder.write(image)
    code, answer = run_main(tmp_path, image)
    assert code == 0
    assert Findings.from_dict(answer["findings"]) == leaking.analyse()


def test_main_says_what_is_wrong_with_an_image(tmp_path):
    image = tmp_path / "broken.lgheap"
    image.write_bytes(b"no heap at all")
    code, answer = run_main(tmp_path, image)
    assert code == 1
    assert list(answer) == ["error"]
    assert answer["error"]
