"""The verdict where neither a suspect nor a term of memory grows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from verdict_cases import CALM, MB, ROUTES, SNAPSHOT, growth, judge, terms

from leakguard.analysis.evidence import Evidence
from leakguard.analysis.growth import GrownPath


def path(word, grown):
    return GrownPath(
        "shop.TEMPLATES", word, 0.8, "Template", 90, 9, grown, (), (), 60.0, 900, False, False,
        False, (), 1, 2,
    )  # fmt: skip


def test_a_warm_up():
    found = judge(growth=growth(paths=(path("warming up", 9 * MB),)), evidence=terms())
    assert found.kind == "warm-up"
    assert "shop.TEMPLATES grew by 9.4 MB, but slows down" in found.text
    found = judge(
        growth=growth(paths=(path("warming up", 9 * MB),)), evidence=terms(python_objects=1)
    )
    assert (found.kind, found.term) == ("warm-up", "python_objects")
    for quiet in (path("warming up", 9_000), path("saw-tooth", 9 * MB)):
        assert judge(growth=growth(paths=(quiet,)), evidence=terms()).kind == "none"


def test_a_warm_up_tells_how_full_it_is():
    sizes = (0, 4 * MB, 6 * MB, 7 * MB, 8 * MB)
    warming = replace(path("warming up", 8 * MB), bytes=sizes)
    found = judge(growth=growth(paths=(warming,)), evidence=terms())
    assert "2.1 MB in the later half of the snapshots, 6.3 MB in the one before" in found.text
    assert "It seems to be 89 % full" in found.text
    stopped = replace(warming, bytes=(0, 6 * MB, 8 * MB, 8 * MB, 8 * MB))
    text = judge(growth=growth(paths=(stopped,)), evidence=terms()).text
    assert text.startswith("It has warmed up, as it seems: shop.TEMPLATES grew by 8.4 MB and has")


def test_a_holder_with_a_limit_is_not_said_to_slow_down():
    sizes = tuple(at * 2 * MB for at in range(5))
    filling = replace(path("warming up", 8 * MB), bytes=sizes)
    text = judge(growth=growth(paths=(filling,)), evidence=terms()).text
    assert "% full" not in text
    found = judge(growth=growth(paths=(replace(filling, bounded=True),)), evidence=terms())
    assert found.kind == "warm-up"
    assert "shop.TEMPLATES grew by 8.4 MB and is not full yet" in found.text
    assert "slows" not in found.text


@pytest.mark.parametrize(
    ("free", "said"),
    [
        (39, "nearly all of it memory that the allocators keep free"),
        (25, "most of it memory that the allocators keep free"),
        (10, "No holder stands out"),
    ],
)
def test_a_holder_that_warms_up_does_not_hide_what_else_the_process_grew_by(free, said):
    changes = {"rss": 40 * MB, "c_heap_free": free * MB}
    moves = tuple(
        replace(m, change_bytes=changes.get(m.name, 0.0), confidence=0.99, low=1.0) for m in CALM
    )
    warming = path("warming up", 2 * MB)
    found = judge(growth=growth(paths=(warming,)), evidence=Evidence(terms=moves))
    assert (found.kind, found.term) == ("warm-up", "rss")
    assert said in found.text
    warming = path("warming up", 20 * MB)
    found = judge(growth=growth(paths=(warming,)), evidence=Evidence(terms=moves))
    assert "shop.TEMPLATES" in found.text


def test_resident_memory_that_slows_down():
    moves = tuple(
        replace(m, change_bytes=20 * MB, confidence=0.99, low=1.0) if m.name == "rss" else m
        for m in CALM
    )
    found = judge(growth=growth(False, intervals=0), evidence=Evidence(terms=moves))
    assert (found.kind, found.term) == ("warm-up", "rss")


def test_much_memory_kept_free_is_fragmentation_though_nothing_grows():
    sizes = {"rss": 900, "c_heap_free": 500, "python_slack": 10}
    moves = tuple(replace(m, bytes=sizes.get(m.name, 60) * MB) for m in CALM)
    found = judge(growth=growth(grown=0), evidence=Evidence(terms=moves))
    assert (found.kind, found.term) == ("fragmentation", "c_heap_free")
    assert "534.8 MB of the 943.7 MB resident are free" in found.text
    assert "by malloc." in found.text


def test_nothing():
    long = replace(growth(grown=0), requests=20_000)
    found = judge(growth=long, evidence=terms(), routes=ROUTES)
    assert (found.kind, found.confidence, found.term) == ("none", 0.95, None)
    # a slow leak would not have shown in few requests
    found = judge(growth=growth(grown=0), evidence=terms(), routes=ROUTES)
    assert (found.kind, found.confidence) == ("none", 0.8)
    assert found.doubt == "More requests between snapshots make it more certain."
    assert found.text.startswith("Nothing leaks: no holder in the 104.9 MB heap grew with the work")
    early = judge(growth=growth(False, intervals=0), evidence=terms())
    assert (early.kind, early.confidence) == ("none", 0.6)
    assert early.doubt


def test_what_was_not_seen_is_unknown():
    found = judge(snapshot=replace(SNAPSHOT, coverage=0.5), growth=growth(grown=0))
    assert found.kind == "unknown"
    assert found.confidence < 0.5
    assert "Only 50 %" in found.doubt
    assert judge(snapshot=replace(SNAPSHOT, nodes=0)).kind == "unknown"
    assert judge(snapshot=replace(SNAPSHOT, coverage=None)).confidence == 0.6


def test_where_malloc_does_not_tell_it_is_less_certain_that_nothing_leaks():
    moves = tuple(move for move in CALM if not move.name.startswith("c_heap"))
    known = judge(growth=growth(grown=0), evidence=Evidence(terms=CALM))
    found = judge(growth=growth(grown=0), evidence=Evidence(terms=moves))
    assert (found.kind, known.kind) == ("none", "none")
    assert found.confidence < known.confidence
    assert "C heap" in found.doubt
    assert "C heap" not in known.doubt
