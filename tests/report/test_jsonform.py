from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from leakguard.analysis.findings import KINDS, Findings
from leakguard.report import Report, jsonform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from leakguard.analysis.findings import Suspect

Document = dict[str, Any]
KEYS = {
    "process": {"pid", "host", "python", "uptime_seconds", "rss_bytes"},
    "snapshot": {
        *("capture", "pause_seconds", "wall_seconds", "objects", "nodes", "edges"),
        *("heap_bytes", "coverage"),
    },
    "verdict": {"kind", "text", "confidence"},
    "suspect": {
        *("rank", "kind", "holder", "retained_bytes", "share", "objects", "fingerprint"),
        *("fix", "chain"),
    },
    "link": {"type", "name", "edge", "file", "line", "repeats"},
    "type": {"type", "count", "shallow_bytes", "retained_bytes"},
    "route": {"route", "requests", "errors", "in_flight", "mean_seconds"},
}


@pytest.fixture
def document(make_report: Callable[..., Report]) -> Document:
    return jsonform.to_dict(make_report(age_seconds=12.5, notes=("clone was denied",)))


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return Draft202012Validator(jsonform.schema())


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(jsonform.schema())


def test_a_report_is_valid_also_after_a_round_trip(
    document: Document, validator: Draft202012Validator
) -> None:
    validator.validate(document)
    again = json.loads(json.dumps(document, allow_nan=False))
    validator.validate(again)
    assert again == document


def test_the_documented_example_is_valid(validator: Draft202012Validator) -> None:
    page = Path(__file__).parents[2] / "docs" / "json.md"
    example = page.read_text("utf-8").partition("```json\n")[2].partition("```")[0]
    validator.validate(json.loads(example))


def test_a_report_without_suspects_or_coverage_is_valid(
    quiet: Report, validator: Draft202012Validator
) -> None:
    document = jsonform.to_dict(quiet)
    document["snapshot"]["coverage"] = None
    validator.validate(document)
    assert document["suspects"] == []


def test_the_keys_that_programs_rely_on_are_there(document: Document) -> None:
    assert document["schema"] == "leakguard/1"
    top = {"schema", "process", "snapshot", "verdict", "suspects", "types", "routes"}
    assert top <= document.keys()
    parts = {
        **{name: document[name] for name in ("process", "snapshot", "verdict")},
        "suspect": document["suspects"][0],
        "link": document["suspects"][0]["chain"][0],
        "type": document["types"][0],
        "route": document["routes"][0],
    }
    for name, part in parts.items():
        assert KEYS[name] <= part.keys()
    assert parts["suspect"]["objects"] == {"type": "shop.cart.Cart", "count": 41_207}


def test_the_schema_requires_those_keys() -> None:
    schema = jsonform.schema()
    defined = {**schema["properties"], **schema["$defs"]}
    for name, keys in KEYS.items():
        assert set(defined[name]["required"]) == keys


def test_age_and_notes_are_told(document: Document) -> None:
    assert document["snapshot"]["age_seconds"] == 12.5
    assert document["notes"] == ["clone was denied"]


def test_the_findings_can_be_read_back(make_report: Callable[..., Report]) -> None:
    report = make_report()
    assert Findings.from_dict(jsonform.to_dict(report)) == report.findings


def test_the_kinds_are_those_of_the_analysis() -> None:
    assert tuple(jsonform.schema()["$defs"]["kind"]["enum"]) == KINDS


def test_every_key_is_described() -> None:
    def undescribed(part: Document, path: str) -> Iterator[str]:
        for name, inner in part.get("properties", {}).items():
            if "$ref" not in inner and not inner.get("description"):
                yield f"{path}.{name}"
            yield from undescribed(inner, f"{path}.{name}")

    schema = jsonform.schema()
    assert list(undescribed(schema, "")) == []
    for name, inner in schema["$defs"].items():
        assert inner["description"]
        assert list(undescribed(inner, name)) == []


def missing(path: str) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        part: Any = document
        *steps, last = path.split(".")
        for step in steps:
            part = part[int(step)] if step.isdigit() else part[step]
        del part[last]

    return change


def put(path: str, value: object) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        part: Any = document
        *steps, last = path.split(".")
        for step in steps:
            part = part[int(step)] if step.isdigit() else part[step]
        part[last] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        missing("routes"),
        missing("process.pid"),
        missing("snapshot.coverage"),
        missing("suspects.0.objects.count"),
        missing("suspects.0.chain.1.repeats"),
        missing("types.0.retained_bytes"),
        missing("routes.0.mean_seconds"),
        put("schema", "leakguard/2"),
        put("process.pid", "4242"),
        put("snapshot.capture", "guess"),
        put("snapshot.pause_seconds", -1),
        put("snapshot.objects", 1.5),
        put("verdict.kind", "gremlins"),
        put("verdict.confidence", 97),
        put("suspects.0.kind", "global_cache"),
        put("suspects.0.rank", 0),
        put("suspects.0.share", 1.5),
        put("suspects.0.chain.0.line", "20"),
        put("suspects.0.chain.0.repeats", 0),
        put("types", {}),
        put("routes.0.requests", None),
    ],
)
def test_an_altered_document_is_refused(
    document: Document, validator: Draft202012Validator, change: Callable[[Document], None]
) -> None:
    altered = copy.deepcopy(document)
    change(altered)
    assert not validator.is_valid(altered)


def test_later_keys_are_allowed(document: Document, validator: Draft202012Validator) -> None:
    document["workers"] = []
    document["suspects"][0]["growth_bytes"] = 5
    validator.validate(document)


def test_memory_of_routes_and_terms_of_the_process(
    make_report: Callable[..., Report], validator: Draft202012Validator
) -> None:
    names = ("python_objects", "python_slack", "c_heap_in_use", "c_heap_free", "mappings", "rest")
    terms: dict[str, int | None] = {"rss": 211_000_000, **dict.fromkeys(names, 1), "rest": None}
    report = make_report()
    memory = SimpleNamespace(
        live_bytes=2_800_000.4,
        weak_bytes=100_000.0,
        minute_bytes=2_000_000.0,
        ten_minutes_bytes=1_000_000.0,
        many_requests_bytes=1_500_000.4,
        bytes_per_request=910.26,
        growth=SimpleNamespace(
            bytes_per_minute=1_100_000.04, low=9e5, high=1.3e6, confidence=0.9876
        ),
        lines=(
            SimpleNamespace(
                file="/srv/shop/cart.py", line=41, function="add", strong_bytes=2e6, weak_bytes=1e5
            ),
        ),
    )
    routes = [replace(row, memory=memory) for row in report.routes[:1]] + list(report.routes[1:])
    document = jsonform.to_dict(replace(report, routes=routes, terms=terms))
    validator.validate(document)
    assert document["process"]["terms"] == terms
    first, *others = document["routes"]
    assert (first["live_bytes"], first["weak_bytes"]) == (2_800_000, 100_000)
    assert (first["bytes_per_request"], first["confidence"]) == (910.3, 0.988)
    assert first["growth_bytes_per_minute"] == 1_100_000.0
    assert (first["growth_low"], first["growth_high"]) == (900_000.0, 1_300_000.0)
    assert (first["minute_bytes"], first["many_requests_bytes"]) == (2_000_000, 1_500_000)
    assert first["lines"] == [
        {"file": "/srv/shop/cart.py", "line": 41, "function": "add", "live_bytes": 2_100_000}
    ]
    assert all(row["live_bytes"] is None for row in others)


@pytest.mark.parametrize("terms", [None, {"rss": 5}])
def test_what_the_report_is_for_is_there_in_every_state(
    make_report: Callable[..., Report],
    carts: Suspect,
    terms: dict[str, int | None] | None,
    validator: Draft202012Validator,
) -> None:
    compared = replace(carts, growth_bytes=0, confidence=0.9, bytes_per_request=0.0)
    report = make_report(suspects=(compared, carts))
    document = jsonform.to_dict(replace(report, terms=terms))
    validator.validate(document)
    assert set(document["process"]["terms"]) == {
        *("rss", "python_objects", "python_slack", "c_heap_in_use", "c_heap_free"),
        *("mappings", "rest"),
    }
    first, second = document["suspects"]
    figures = ("growth_bytes", "confidence", "bytes_per_request")
    assert [first[name] for name in figures] == [0, 0.9, 0.0]
    assert [second[name] for name in figures] == [None, None, None]
    assert [second[name] for name in ("routes", "lines")] == [[], []]
    figures = ("live_bytes", "bytes_per_request", "growth_bytes_per_minute", "confidence")
    for row in document["routes"]:
        assert [row[name] for name in figures] == [None] * 4
        assert row["lines"] == []
