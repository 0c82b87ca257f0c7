"""The verdict where memory grows and no suspect explains it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from verdict_cases import CALM, CARTS, MB, ROUTES, SNAPSHOT, growth, judge, terms

from leakguard.analysis.evidence import Evidence

TERMS = [
    ({"c_heap_in_use": 3}, "native", "c_heap_in_use", "The C heap grows by 3.1 MB/min, 62.9 MB in"),
    ({"rest": 3}, "native", "rest", "Memory outside of the allocators grows by 3.1 MB/min"),
    ({"mappings": 3}, "native", "mappings", "Mapped files and shared memory grow by 3.1 MB/min"),
    ({"python_slack": 3}, "fragmentation", "python_slack", "Memory that Python's allocator keeps"),
    ({"c_heap_free": 3}, "fragmentation", "c_heap_free", "Memory that malloc keeps and nothing"),
    ({"c_heap_free": 3, "python_objects": 1}, "fragmentation", "c_heap_free", "Memory that malloc"),
    ({"c_heap_free": 3, "c_heap_in_use": 2}, "native", "c_heap_in_use", "The C heap grows"),
    ({"python_objects": 3}, "unknown", "python_objects", "Python objects grow by 3.1 MB/min"),
    ({"rss": 3}, "unknown", "rss", "Resident memory grows by 3.1 MB/min"),
    ({"rss": 4, "rest": 3}, "native", "rest", "Memory outside"),
]


@pytest.mark.parametrize(("paces", "kind", "term", "beginning"), TERMS)
def test_a_term_that_no_holder_explains(paces, kind, term, beginning):
    found = judge(growth=growth(grown=0), evidence=terms(**paces), routes=ROUTES)
    assert (found.kind, found.term, found.confidence) == (kind, term, 0.98)
    assert found.text.startswith(beginning)
    assert "(98 % sure)" in found.text
    assert "GET" not in found.text
    assert bool(found.advice) == (kind != "unknown")


@pytest.mark.parametrize("paces", [case[0] for case in TERMS])
@pytest.mark.parametrize("ready", [True, False])
@pytest.mark.parametrize("coverage", [0.96, 0.3, None])
def test_nothing_that_grows_is_called_healthy(paces, ready, coverage):
    snapshot = replace(SNAPSHOT, coverage=coverage)
    found = judge(growth=growth(ready, intervals=1), evidence=terms(**paces), snapshot=snapshot)
    assert found.kind != "none"
    assert found.term is not None
    assert "MB/min" in found.text


def test_the_remedies_for_fragments():
    c_heap = judge(growth=growth(grown=0), evidence=terms(c_heap_free=3))
    assert all(word in c_heap.advice for word in ("/_leak/trim", "MALLOC_ARENA_MAX=2", "jemalloc"))
    python = judge(growth=growth(grown=0), evidence=terms(python_slack=3))
    assert all(word in python.advice for word in ("PYTHONMALLOC", "jemalloc"))


def test_the_c_heap_may_grow_by_large_python_objects():
    known = {"evidence": terms(c_heap_in_use=3), "routes": ROUTES}
    found = judge(growth=growth(grown=7 * MB), **known)
    assert found.kind == "unknown"
    assert "2.9 MB/min are Python objects" in found.text
    assert judge(growth=growth(grown=MB), **known).kind == "native"
    early = judge(growth=growth(False, intervals=1), **known)
    assert (early.kind, early.confidence) == ("native", 0.75)
    assert "no holder of that size was found" in early.text


def test_a_large_suspect_does_not_hide_what_it_cannot_explain():
    constant = replace(CARTS, retained_bytes=20 * MB)
    early = {"growth": growth(False, intervals=0)}
    assert judge(constant, evidence=terms(c_heap_in_use=3), **early).kind == "native"
    assert judge(CARTS, evidence=terms(c_heap_in_use=3), **early).kind == "global-cache"


def test_the_rest_tells_nothing_where_pythons_allocator_does_not():
    moves = tuple(m for m in terms(rest=3, rss=3).terms if m.name != "python_objects")
    found = judge(growth=growth(grown=0), evidence=Evidence(terms=moves))
    assert (found.kind, found.term) == ("unknown", "rss")


def test_another_malloc_is_part_of_the_rest():
    moves = tuple(m for m in terms(rest=3).terms if not m.name.startswith("c_heap"))
    found = judge(growth=growth(grown=0), evidence=Evidence(terms=moves))
    assert found.kind == "native"
    assert "does not free" in found.text


@pytest.mark.parametrize(
    ("collects", "waiting", "kind"),
    [
        (False, 2 * MB, "other"),
        (False, 12_000, "none"),
        (True, 20 * MB, "none"),
        (True, 31 * MB, "other"),
        (None, 20 * MB, "none"),
    ],
)
def test_some_garbage_always_waits_for_a_collection(collects, waiting, kind):
    evidence = replace(terms(), collects=collects)
    found = judge(growth=growth(garbage=True), evidence=evidence, garbage_bytes=waiting)
    assert found.kind == kind


def test_garbage_that_no_collection_takes():
    found = judge(
        growth=growth(garbage=True), evidence=terms(python_objects=3), garbage_bytes=31 * MB
    )
    assert (found.kind, found.term) == ("other", "python_objects")
    assert found.text.startswith("Garbage gathers (90 % sure): ")
    assert "32.5 MB now" in found.text
    assert "gc.disable()" in found.advice


def test_too_early_to_tell_a_warm_up_from_a_leak():
    found = judge(growth=growth(False, intervals=1), evidence=terms(python_objects=3))
    assert (found.kind, found.term) == ("warm-up", "python_objects")
    assert "too early" in found.text
    assert found.doubt.startswith("Two more snapshots")


def test_memory_kept_free_for_later_is_no_fragmentation_yet():
    moves = tuple(
        replace(m, change_bytes=9.0 * MB, growing=m.name == "rss")
        if m.name in ("rss", "c_heap_free")
        else m
        for m in CALM
    )
    found = judge(growth=growth(grown=0), evidence=Evidence(terms=moves))
    assert (found.kind, found.term) == ("warm-up", "rss")
    assert "nearly all of it memory that the allocators keep free" in found.text
    # what is not free is still to be explained
    moves = tuple(replace(m, change_bytes=0.0) if m.name == "c_heap_free" else m for m in moves)
    assert judge(growth=growth(grown=0), evidence=Evidence(terms=moves)).kind == "unknown"
