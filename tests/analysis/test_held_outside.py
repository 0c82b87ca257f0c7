"""What no Python object holds: blocks that nothing owns, and cycles that cannot be collected."""

from __future__ import annotations

import pytest

import leakguard
from leakguard.analysis import analyse, analyse_with
from leakguard.analysis.attribution import attribute
from leakguard.analysis.evidence import Evidence
from leakguard.analysis.heap import Heap
from leakguard.analysis.suspects import find_suspects
from leakguard.image import EdgeKind, SampleKind, TypeKind

KB = 1000
INTERVAL, MINUTE, REQUESTS = 65_536, 60, 1000
APP = ("shop.view", "/srv/app/shop.py", 41)
LIBRARY = ("lib.core.make", "/usr/lib/python3/site-packages/lib/core.py", 7)
SERVER = ("parse", "/usr/lib/python3/site-packages/h11/_connection.py", 9)
OWN = ("leakguard.endpoint.watch.keep", leakguard.__file__.replace("__init__", "watch"), 5)


@pytest.fixture
def looked(heap):
    """`looked(fill)`: the findings of the last of five images a minute and 1000 requests apart;
    `fill(heap, at)` fills each of them."""

    def run(fill):
        summaries, asked = [], []
        for at in range(5):
            made = type(heap)()
            made.builder.meta["created"] = 1e9 + at * MINUTE
            route = made.builder.route("GET /a", REQUESTS * at)
            fill(made, at, route)
            evidence = Evidence(
                summaries=tuple(summaries),
                requests=REQUESTS * at,
                routes={"GET /a": REQUESTS * at},
                routes_at=tuple(asked),
            )
            with made.builder.image() as image:
                told = analyse_with(image, evidence)
            summaries.append(told.summary.to_bytes())
            asked.append({"GET /a": REQUESTS * at})
        return told.findings

    return run


def strays(heap, route, ages, *, kind=SampleKind.STRONG, node=None):
    """Samples whose blocks came so many requests ago."""
    stack = heap.builder.stack([LIBRARY, APP])
    for age in ages:
        heap.builder.sample(node, INTERVAL, 400, route, stack, kind, 60 * age, age)


# growth is told from the second image on
AGES = range(260, 3000, 130)


def test_blocks_that_no_object_owns_are_told_with_their_route_and_line(looked):
    found = looked(lambda heap, at, route: strays(heap, route, AGES if at == 4 else ()))
    assert found.verdict.kind == "native"
    size = len(AGES) * INTERVAL
    (row,) = (row for row in found.routes if row.route == "GET /a")
    assert row.unreached.bytes == row.growth_bytes == size
    assert row.bytes_per_request == pytest.approx(size / 3000, rel=0.01)
    assert found.verdict.text.startswith("GET /a leaks about 481 B a request (95 % sure)")
    assert "shop.py:41" in found.verdict.text
    assert "Py_DECREF" in found.verdict.advice


@pytest.mark.parametrize(
    ("ages", "kind"),
    [
        (range(260, 1000, 35), SampleKind.STRONG),  # all of it young: it is let go in time
        (range(2300, 3000, 35), SampleKind.STRONG),  # all of it old: it came once
        (AGES[:4], SampleKind.STRONG),
        (AGES[:5], SampleKind.WEAK),  # as much as the interpreter's free lists may hold
    ],
)
def test_what_does_not_gather_or_is_little_is_no_leak(looked, ages, kind):
    found = looked(lambda heap, at, route: strays(heap, route, ages if at == 4 else (), kind=kind))
    assert all(row.unreached is None for row in found.routes)
    assert found.verdict.kind != "native"


def test_blocks_that_objects_own_are_not_strays(looked):
    def fill(heap, at, route):
        cache = heap.variable(heap.shop, "CACHE", "list", 300, TypeKind.LIST)
        nodes = heap.fill(cache, 20, 200)
        strays(heap, route, AGES if at == 4 else (), node=nodes[0])

    assert all(row.unreached is None for row in looked(fill).routes)


def circles(heap, count, *, inner):
    """Cycles that nothing refers to, each of a list and an object without support for them."""
    for _ in range(count):
        node = heap.node("ext.Node", 200, flags=inner)
        below = heap.node("list", 100, TypeKind.LIST, flags=1)
        heap.edge(node, EdgeKind.SLOT, "held", below)
        heap.edge(below, EdgeKind.INDEX, 0, node)
        heap.edge(below, EdgeKind.INDEX, 1, heap.node("shop.Cart", 300, flags=3))


def test_cycles_that_cannot_be_collected_are_held_from_c(looked):
    found = looked(lambda heap, at, _: circles(heap, 1000 * (1 + at), inner=0))
    (suspect,) = found.suspects
    assert (suspect.kind, suspect.object_type, suspect.object_count) == ("native", "list", 5000)
    assert suspect.growth_bytes == 3000 * 600
    assert found.verdict.kind == "native"


def test_cycles_that_can_be_collected_are_garbage(looked):
    assert looked(lambda heap, at, _: circles(heap, 1000 * (1 + at), inner=1)).suspects == ()


def test_what_a_server_made_for_a_request_belongs_to_its_route(heap):
    builder = heap.builder
    route = builder.route("GET /boom", 1000)
    holder = heap.variable(heap.shop, "ERRORS", "list", 8 * KB, TypeKind.LIST)
    errors = heap.fill(holder, 1000, 2 * KB)
    inside, before = builder.stack([APP]), builder.stack([SERVER])
    for at, node in enumerate(errors[::20]):
        whose, stack = (route, inside) if at % 3 else (0, before)
        builder.sample(node, INTERVAL, 100, whose, stack, SampleKind.STRONG, 0, 1000)
    with builder.image() as image:
        whole = Heap(image)
        (found,), _ = attribute(whole, find_suspects(whole, 5))
    assert [(share.route, share.share) for share in found.suspect.routes] == [("GET /boom", 1.0)]


def test_what_leakguard_keeps_is_nobodys(heap):
    builder = heap.builder
    kept = heap.variable(heap.shop, "KEPT", "list", 300, TypeKind.LIST)
    stack = builder.stack([LIBRARY, OWN])
    for node in heap.fill(kept, 20, 200):
        builder.sample(node, INTERVAL, 100, 0, stack, SampleKind.STRONG, 0, 1000)
    with builder.image() as image:
        whole = Heap(image)
        _, (outside,) = attribute(whole, find_suspects(whole, 5))
    assert (outside.route, outside.live_bytes) == ("(no request)", 0)


def test_mapped_memory_is_not_taken_for_the_allocators(heap):
    before = analysed(heap)
    holder = heap.variable(heap.shop, "MAPS", "list", 300, TypeKind.LIST)
    heap.fill(holder, 100, 65_536, "mmap.mmap")
    after = analysed(heap)
    assert after.snapshot.heap_bytes - before.snapshot.heap_bytes == 6_553_900
    assert after.allocated_bytes - before.allocated_bytes == 300


def analysed(heap):
    with heap.builder.image() as image:
        return analyse(image)
