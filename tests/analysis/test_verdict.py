"""The verdict by a table of cases: suspects, growth and moving terms made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leakguard.analysis.evidence import Evidence, TermMove
from leakguard.analysis.findings import Link, SnapshotFacts, Suspect
from leakguard.analysis.growth import GrownPath, Growth
from leakguard.analysis.route_findings import AllocationLine, RouteMemory, RouteShare
from leakguard.analysis.verdict import verdict

MB = 1 << 20
SNAPSHOT = SnapshotFacts("fork", 0.003, 0.2, 1_000_000, 400_000, 900_000, 100 * MB, 0.96)
LINE = AllocationLine("/srv/shop/cart.py", 41, "add", 0.97, 2_700_000)
CARTS = Suspect(
    rank=1,
    kind="global-cache",
    holder="shop.cart.CARTS",
    retained_bytes=97_300_000,
    share=0.657,
    object_type="shop.cart.Cart",
    object_count=41_207,
    fingerprint="6f1c0a9d",
    fix="Bound the cache.",
    chain=(Link("module", "shop.cart", "", "/srv/shop/cart.py", None),),
)
GROWN = replace(
    CARTS, growth_bytes=2_800_000, growth_objects=3_200, moves="growing", confidence=0.97,
    bytes_per_request=300.0,
)  # fmt: skip
ROUTED = replace(GROWN, routes=(RouteShare("GET /cart/{n}", 1.0, 3_200, 910.0),), lines=(LINE,))
NATIVE = replace(
    ROUTED, kind="native", holder="held from C", object_type="shop._ext.Node", object_count=3_200
)
ROUTES = (RouteMemory("GET /cart/{n}", 3_200, 2_800_000, 2_800_000, 0, 910.0),)
CALM = tuple(
    TermMove(name, size * MB, 0.0, 20.0, 0.0, 0.0, 0.0, 0.0, False)
    for name, size in (
        ("python_objects", 60), ("python_slack", 5), ("c_heap_in_use", 20), ("c_heap_free", 5),
        ("mappings", 15), ("rest", 5), ("rss", 110),
    )
)  # fmt: skip


def growth(ready=True, paths=(), grown=2_800_000, garbage=False, intervals=4):
    return Growth(ready, intervals, paths, grown, 150.0, 3_500, garbage, 0, intervals + 1)


def terms(**paces):
    """Moves over 20 minutes; each named term grows by so many megabytes a minute."""
    grown = tuple(
        replace(
            move, change_bytes=20.0 * paces[move.name] * MB, confidence=0.98,
            bytes_per_minute=paces[move.name] * MB, low=paces[move.name] * 0.9 * MB, growing=True,
        )
        if move.name in paces
        else move
        for move in CALM
    )  # fmt: skip
    return Evidence(terms=grown, requests=3_500)


def judge(*suspects, snapshot=SNAPSHOT, linked=False, confidence=0.9, **known):
    return verdict(suspects, snapshot, linked=linked, confidence=confidence, **known)


def test_a_leak_with_its_route_and_line_is_told_in_a_colleagues_words():
    found = judge(ROUTED, growth=growth(), evidence=terms(), routes=ROUTES)
    assert found.text == (
        "GET /cart/{n} leaks 910 bytes a request (97 % sure): Cart objects in shop.cart.CARTS, "
        "allocated at shop/cart.py:41. 3,200 requests, 2.8 MB so far, 1.1 MB/min."
    )
    assert (found.kind, found.confidence, found.term) == ("global-cache", 0.97, "python_objects")
    assert (found.advice, found.doubt) == ("Bound the cache.", "")


def test_two_routes_share_one_suspect():
    shares = (RouteShare("GET /a", 0.91, 3_000, 10_020.0), RouteShare("GET /b", 0.09, 300, 990.0))
    found = judge(replace(ROUTED, routes=shares), growth=growth(), evidence=terms())
    assert found.text.startswith(
        "GET /a (91 %) and GET /b (9 %) leak 10.0 kB and 990 bytes a request (97 % sure): Cart "
    )
    assert "3,300 requests" in found.text


def test_routes_that_leave_as_much_behind_are_told_so_once():
    shares = (RouteShare("GET /a", 0.91, 3_000, 910.2), RouteShare("GET /b", 0.09, 300, 909.8))
    found = judge(replace(ROUTED, routes=shares), growth=growth(), evidence=terms())
    assert found.text.startswith(
        "GET /a (91 %) and GET /b (9 %) leak 910 bytes a request each (97 % sure): Cart objects"
    )


@pytest.mark.parametrize(
    "clean",
    [RouteShare("GET /health", 0.03, 900, 1.0), RouteShare("GET /health", 0.1, 900, 3.0, 0.16)],
    ids=["a trace", "far less than its margin"],
)
def test_a_route_that_owes_its_share_to_chance_is_not_named(clean):
    leaking = RouteShare("GET /cart/{n}", 1 - clean.share, 3_200, 900.0, 0.1)
    other = replace(ROUTED, rank=2, holder="shop.LOG", routes=(leaking, clean))
    found = judge(replace(ROUTED, routes=(leaking, clean)), other, growth=growth())
    assert "health" not in found.text
    assert "GET /cart/{n}" in found.text


def test_what_the_server_made_before_the_route_was_known_is_not_beside_it():
    route = RouteShare("GET /cart/{n}", 0.7, 3_200, 900.0, 0.1)
    before = RouteShare("(no request)", 0.3, 0, None, 0.1)
    found = judge(replace(ROUTED, routes=(route, before)), growth=growth())
    assert found.text.startswith("GET /cart/{n} (70 %) leaks 900 bytes a request (")
    assert "outside of requests" not in found.text


@pytest.mark.parametrize(
    ("route", "beginning"),
    [
        ("(no request)", "Work outside of requests leaks 910 bytes a request ("),
        ("(unmatched)", "Requests that match no route leak 910 bytes a request ("),
        ("nightly-import", "nightly-import leaks 910 bytes a run ("),
        ("WS /chat", "WS /chat leaks 910 bytes a connection ("),
    ],
)
def test_what_is_no_route_is_called_by_its_name(route, beginning):
    found = judge(replace(ROUTED, routes=(RouteShare(route, 1.0, 3_200, 910.0),)), growth=growth())
    assert found.text.startswith(beginning)


def test_a_second_suspect_is_named_with_its_route():
    second = replace(
        ROUTED, rank=2, holder="shop.LOG", routes=(RouteShare("POST /log", 1.0, 50, 64.0),)
    )
    found = judge(ROUTED, second, growth=growth(), evidence=terms())
    assert found.text.endswith(" And 1 more suspect: POST /log (64 bytes a request) in shop.LOG.")
    found = judge(ROUTED, second, second, second, growth=growth())
    assert found.text.endswith("in shop.LOG, 1 more.")
    assert "And 3 more suspects: POST /log" in found.text


def test_growth_without_routes_is_told_by_the_holder():
    found = judge(GROWN, growth=growth(), evidence=terms())
    assert found.text == (
        "Cart objects pile up in shop.cart.CARTS (97 % sure): 41,207 of them retain 97.3 MB, 66 % "
        "of the heap. 300 B a request, 2.8 MB so far, 1.1 MB/min."
    )
    assert (
        "sampling" in judge(replace(GROWN, confidence=0.8), growth=growth(), evidence=terms()).doubt
    )


def test_one_image_alone_tells_sizes():
    found = judge(CARTS)
    assert found.text == (
        "Cart objects pile up in shop.cart.CARTS: 41,207 of them retain 97.3 MB, 66 % of the heap."
    )
    assert (found.confidence, found.term, found.doubt) == (0.9, None, "")


def test_the_first_of_a_servers_snapshots_only_suspects():
    routed = replace(CARTS, routes=ROUTED.routes)
    found = judge(routed, growth=growth(False, intervals=0), evidence=terms(), routes=ROUTES)
    assert found.text.startswith("GET /cart/{n} seems to leak 910 bytes a request (70 % sure): ")
    assert found.doubt.startswith("Three more snapshots")


def test_the_pace_is_that_of_the_suspects_own_time():
    path = GrownPath(
        "shop.cart.CARTS", "growing", 0.97, "shop.cart.Cart", 41_207, 3_200, 2_800_000, (), (),
        60.0, 3_200, False, False, False, (), 1, 2,
    )  # fmt: skip
    found = judge(ROUTED, growth=growth(paths=(path,)))
    assert found.text.endswith("2.8 MB so far, 2.8 MB/min.")


def test_a_linked_chain():
    found = judge(ROUTED, linked=True, growth=growth())
    assert "each Cart object keeps the one before it alive, from shop.cart.CARTS on," in found.text


def test_objects_that_only_c_holds():
    found = judge(NATIVE, growth=growth(), evidence=terms(c_heap_in_use=9), routes=ROUTES)
    assert (found.kind, found.term) == ("native", "c_heap_in_use")
    assert (
        "3,200 Node objects live on that nothing in Python refers to, allocated at "
        "shop/cart.py:41: an extension does not let go of them, or cannot collect cycles."
    ) in found.text
    found = judge(replace(NATIVE, routes=()), growth=growth())
    assert found.text.startswith("3,200 Node objects live on that nothing in Python refers to, ")


def test_memory_of_c_that_grows_with_a_holder_is_told_beside_it():
    found = judge(ROUTED, growth=growth(), evidence=terms(c_heap_in_use=30), routes=ROUTES)
    assert found.kind == "global-cache"
    assert "The C heap grows too, by 31.5 MB/min, 629.1 MB in 20 min." in found.text
    assert "second leak" in found.doubt
    found = judge(ROUTED, growth=growth(), evidence=terms(c_heap_in_use=0.2), routes=ROUTES)
    assert "C heap" not in found.text


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


def test_too_early_to_tell_a_warm_up_from_a_leak():
    found = judge(growth=growth(False, intervals=1), evidence=terms(python_objects=3))
    assert (found.kind, found.term) == ("warm-up", "python_objects")
    assert "too early" in found.text
    assert found.doubt.startswith("Two more snapshots")


def test_resident_memory_that_slows_down():
    moves = tuple(
        replace(m, change_bytes=20 * MB, confidence=0.99, low=1.0) if m.name == "rss" else m
        for m in CALM
    )
    found = judge(growth=growth(False, intervals=0), evidence=Evidence(terms=moves))
    assert (found.kind, found.term) == ("warm-up", "rss")


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


def test_what_grew_in_too_few_intervals_only_seems_to_leak():
    found = judge(ROUTED, growth=growth(False, intervals=1), evidence=terms(), routes=ROUTES)
    assert found.text.startswith("GET /cart/{n} seems to leak 910 bytes a request (")


def test_a_warm_up_tells_how_full_it_is():
    sizes = (0, 4 * MB, 6 * MB, 7 * MB, 8 * MB)
    warming = replace(path("warming up", 8 * MB), bytes=sizes)
    found = judge(growth=growth(paths=(warming,)), evidence=terms())
    assert "2.1 MB in the later half of the snapshots, 6.3 MB in the one before" in found.text
    assert "It seems to be 89 % full" in found.text
    stopped = replace(warming, bytes=(0, 6 * MB, 8 * MB, 8 * MB, 8 * MB))
    text = judge(growth=growth(paths=(stopped,)), evidence=terms()).text
    assert text.startswith("It has warmed up, as it seems: shop.TEMPLATES grew by 8.4 MB and has")


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


def test_nothing_is_more_than_99_percent_sure():
    found = judge(replace(ROUTED, confidence=1.0), growth=growth())
    assert found.confidence == 0.99
    assert "(99 % sure)" in found.text


def test_a_librarys_line_is_left_out_beside_the_applications_own():
    library = replace(LINE, file="/usr/lib/python3/site-packages/lib/core.py", line=7, share=0.9)
    both = replace(ROUTED, lines=(replace(LINE, share=0.1), library))
    assert "allocated at shop/cart.py:41. " in judge(both, growth=growth()).text
    alone = replace(ROUTED, lines=(library,))
    assert "allocated at lib/core.py:7. " in judge(alone, growth=growth()).text


def test_where_malloc_does_not_tell_it_is_less_certain_that_nothing_leaks():
    moves = tuple(move for move in CALM if not move.name.startswith("c_heap"))
    known = judge(growth=growth(grown=0), evidence=Evidence(terms=CALM))
    found = judge(growth=growth(grown=0), evidence=Evidence(terms=moves))
    assert (found.kind, known.kind) == ("none", "none")
    assert found.confidence < known.confidence
    assert "C heap" in found.doubt
    assert "C heap" not in known.doubt


@pytest.mark.parametrize(
    ("route", "words"),
    [("GET /a", "3,200 requests"), ("WS /a", "3,200 connections"), ("nightly", "3,200 runs")],
)
def test_a_websocket_has_connections_and_a_track_runs(route, words):
    suspect = replace(ROUTED, routes=(RouteShare(route, 1.0, 3_200, 910.0),))
    assert f". {words}, " in judge(suspect, growth=growth()).text
