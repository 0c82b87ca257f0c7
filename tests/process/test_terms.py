"""The terms of resident memory: what they add up to, and what is said when a source is missing."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.process import TERM_NAMES, c_heap, pymalloc, resident, terms
from leakguard.process.c_heap import CHeap
from leakguard.process.pymalloc import PyMalloc
from leakguard.process.resident import Resident
from leakguard.process.terms import build

MB = 1 << 20


def figures(**more):
    known = {
        "rss": 211 * MB,
        "mapped": 17 * MB,
        "small": PyMalloc(157 * MB, 148 * MB),
        "c_use": CHeap(21 * MB, 6 * MB),
    }
    return build(1.0, **{**known, **more})


def total(found):
    return sum(found.term(name) or 0 for name in TERM_NAMES)


def test_the_terms_add_up():
    found = figures()
    assert [found.term(name) // MB for name in TERM_NAMES] == [148, 9, 21, 6, 17, 10]
    assert total(found) == found.rss


def test_pages_given_back_are_not_kept_free():
    found = figures(c_use=CHeap(21 * MB, 60 * MB))
    assert (found.c_heap_free, found.rest) == (16 * MB, 0)
    assert total(found) == found.rss


def test_buffers_never_touched_are_not_resident():
    found = figures(c_use=CHeap(900 * MB, 60 * MB))
    assert (found.c_heap_free, found.python_slack, found.c_heap_in_use) == (0, 0, 46 * MB)
    assert found.python_objects == 148 * MB


bytes_ = st.integers(0, 1 << 40)


@given(bytes_, bytes_, bytes_, bytes_, bytes_, bytes_)
def test_whatever_the_sources_say_no_term_is_negative(rss, mapped, arenas, used, c_used, c_free):
    found = build(
        0.0,
        rss=rss,
        mapped=min(mapped, rss),
        small=PyMalloc(arenas, used),
        c_use=CHeap(c_used, c_free),
    )
    assert all(found.term(name) >= 0 for name in TERM_NAMES)
    assert total(found) == rss


@given(bytes_)
def test_large_objects_move_from_the_c_heap_to_the_python_objects(heap_bytes):
    before = figures()
    after = before.with_heap(heap_bytes)
    assert total(after) == total(before)
    assert after.heap_bytes == heap_bytes
    if 148 * MB <= heap_bytes <= 169 * MB:
        assert after.python_objects == heap_bytes
    assert 0 <= after.c_heap_in_use <= before.c_heap_in_use


def test_all_objects_are_large_where_pythons_allocator_is_malloc_itself():
    found = figures(small=None, c_use=CHeap(169 * MB, 6 * MB)).with_heap(148 * MB)
    assert (found.python_objects, found.python_slack) == (148 * MB, None)
    assert found.c_heap_in_use == 21 * MB
    assert total(found) == found.rss
    assert found.with_large(0).python_objects is None


def test_large_objects_are_in_the_rest_where_nobody_tells_of_the_c_heap():
    before = figures(c_use=None)
    found = before.with_heap(160 * MB)
    assert (found.python_objects, found.c_heap_in_use) == (160 * MB, None)
    assert before.rest - found.rest == 12 * MB
    assert total(found) == found.rss


def test_terms_of_this_process():
    gc.collect()  # what it frees later would count against the ballast
    before = terms()
    ballast = [bytearray(4000) for _ in range(5000)]
    small = [{} for _ in range(200_000)]
    after = terms()
    assert after.unknown == ()
    assert total(after) == after.rss
    assert after.python_objects - before.python_objects > 200_000 * 40
    assert after.c_heap_in_use - before.c_heap_in_use > 5000 * 3900
    assert len(ballast) + len(small) == 205_000


def test_a_missing_source_is_said_and_not_guessed(monkeypatch, tmp_path):
    monkeypatch.setattr(pymalloc, "_reporter", lambda: None)
    monkeypatch.setattr(c_heap, "_mallinfo2", lambda: None)
    found = terms()
    assert (found.python_objects, found.python_slack) == (None, None)
    assert (found.c_heap_in_use, found.c_heap_free) == (None, None)
    assert found.rest == found.rss - found.mappings
    assert len(found.unknown) == 2


def test_another_malloc_is_named(monkeypatch):
    monkeypatch.setattr(c_heap, "replacement", lambda: "jemalloc")
    found = terms()
    assert found.c_heap_in_use is None
    assert "jemalloc" in found.unknown[0]


def test_no_status_file_is_no_error(monkeypatch, tmp_path):
    monkeypatch.setattr(resident, "_STATUS", tmp_path / "none")
    found = resident.resident()
    assert found.total > MB
    monkeypatch.setattr(resident, "_from_psutil", lambda: None)
    found = terms()
    assert (found.rss, found.mappings, found.rest) == (None, None, None)
    assert found.python_objects > 0
    assert "resident" in found.unknown[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Name:\tx\nVmRSS:\t  20 kB\nRssAnon:\t 8 kB\nRssFile:\t 10 kB\nRssShmem:\t 2 kB\n",
            Resident(20 * 1024, 12 * 1024),
        ),
        ("VmRSS:\t 20 kB\n", Resident(20 * 1024, None)),
        ("VmRSS:\nRssFile: much\n", None),
        ("", None),
    ],
)
def test_status_file(text, expected):
    assert resident._from_status(text) == expected


def test_without_a_report_pymalloc_is_unknown():
    assert pymalloc._parse(b"") is None
    assert pymalloc._parse(b"# bytes in allocated blocks = 12\n") is None


def test_as_json():
    assert figures().to_dict() == {
        "rss": 211 * MB,
        "python_objects": 148 * MB,
        "python_slack": 9 * MB,
        "c_heap_in_use": 21 * MB,
        "c_heap_free": 6 * MB,
        "mappings": 17 * MB,
        "rest": 10 * MB,
    }
