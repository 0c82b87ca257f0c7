"""Findings as plain values, and the analyser as a process of its own."""

from __future__ import annotations

import json
import os

import pytest

from leakguard.analysis.__main__ import main
from leakguard.analysis.findings import Findings
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
    assert list(data["verdict"]) == ["kind", "text", "confidence"]
    (suspect,) = data["suspects"]
    assert list(suspect) == [
        "rank", "kind", "holder", "retained_bytes", "share", "objects", "fingerprint", "fix",
        "chain",
    ]  # fmt: skip
    assert suspect["objects"] == {"type": "shop.Cart", "count": 1000}
    assert list(suspect["chain"][0]) == ["type", "name", "edge", "file", "line", "repeats"]
    assert list(data["types"][0]) == ["type", "count", "shallow_bytes", "retained_bytes"]
    assert data["notes"] == ["clone was denied"]


def test_findings_survive_json(leaking):
    findings = leaking.analyse()
    assert Findings.from_dict(json.loads(json.dumps(findings.to_dict()))) == findings


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
