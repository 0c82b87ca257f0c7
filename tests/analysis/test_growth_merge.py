"""Suspects of one image joined with what was seen to grow."""

from __future__ import annotations

import dataclasses

import pytest

from leakguard.analysis.findings import Findings
from leakguard.analysis.growth import Survey, compare, merge
from leakguard.analysis.heap import Heap
from leakguard.analysis.suspects import find_suspects
from leakguard.image import EdgeKind, RootKind, TypeKind

KB, MB = 1000, 1_000_000
EVEN = (1000, 2000, 3000, 4000, 5000)


@pytest.fixture
def merged(heap):
    """`merged(build, counts)`: what the last of a series of images and its history give."""

    def run(build, counts=EVEN, late=False, **options):
        summaries, found = [], None
        for at, count in enumerate(counts):
            made = type(heap)()
            build(made, count)
            with made.builder.image() as image:
                survey = Survey(image, summaries[0].keys if summaries else None)
                summaries.append(survey.summary(requests=1000 * at))
                whole = Heap(image)
                judged = find_suspects(whole, 5)
                found = merge(
                    judged,
                    compare(summaries),
                    heap=whole,
                    survey=survey,
                    summary=summaries[-1],
                    late=compare(summaries[-2:]) if late else None,
                    **options,
                )
        return found

    return run


def constants_and_carts(heap, count):
    """Constants are larger than what grows."""
    table = heap.variable(heap.shop, "CONSTANTS", "list", 8 * KB, TypeKind.LIST)
    heap.fill(table, 2000, 10 * KB, "shop.Row")
    heap.fill(heap.variable(heap.shop, "CARTS", "list", 8 * KB, TypeKind.LIST), count, 700)


def test_before_there_is_history_size_decides(merged):
    found = merged(constants_and_carts, EVEN[:1])
    assert [j.suspect.holder for j in found.suspects] == ["shop.CONSTANTS", "shop.CARTS"]
    assert found.suspects[0].suspect.growth_bytes is None
    assert "Not enough history" in found.note


@pytest.mark.parametrize("images", [2, 3])
def test_few_images_rank_by_growth_and_say_how_many_there_are(merged, images):
    found = merged(constants_and_carts, EVEN[:images])
    (judged,) = found.suspects
    assert judged.suspect.holder == "shop.CARTS"
    assert judged.suspect.confidence == {2: 0.67, 3: 0.802}[images]
    assert f"from {images} snapshots and {1000 * (images - 1):,} requests" in found.note


def test_after_other_work_what_did_not_grow_stays_suspected(merged):
    found = merged(constants_and_carts, EVEN[:2], same_work=False)
    assert [j.suspect.holder for j in found.suspects] == ["shop.CARTS", "shop.CONSTANTS"]
    assert [j.suspect.rank for j in found.suspects] == [1, 2]


def test_what_grew_lately_by_other_work_is_suspected_if_it_is_large(merged):
    found = merged(constants_and_carts, (1000, 1000, 1000, 1000, 1000, 3000))
    assert found.suspects == ()
    found = merged(constants_and_carts, (1000, 1000, 1000, 1000, 1000, 3000), late=True)
    (judged,) = found.suspects
    assert (judged.suspect.holder, judged.suspect.growth_objects) == ("shop.CARTS", 2000)
    assert judged.suspect.confidence == 0.67


def test_with_history_growth_decides(merged):
    found = merged(constants_and_carts)
    (judged,) = found.suspects
    suspect = judged.suspect
    assert (suspect.rank, suspect.holder, suspect.moves) == (1, "shop.CARTS", "growing")
    assert suspect.growth_objects == 3000
    assert suspect.growth_bytes == 3000 * 700
    assert suspect.bytes_per_request == 700
    assert suspect.confidence == 0.881
    assert found.note is None


def test_what_is_too_small_for_one_image_is_found_by_its_growth(merged):
    def build(heap, count):
        held = heap.variable(heap.shop, "SEEN", "dict", 800, TypeKind.DICT)
        heap.fill(held, count, 60, "tuple", EdgeKind.DATA_KEY, kind=TypeKind.TUPLE)

    (judged,) = merged(build).suspects
    suspect = judged.suspect
    assert (suspect.holder, suspect.kind) == ("shop.SEEN", "global-cache")
    assert suspect.retained_bytes >= 5000 * 60
    assert len(suspect.fingerprint) == 12
    assert [link.edge for link in suspect.chain] == ["", ".SEEN", "[int]"]


def test_both_owners_are_named(merged):
    def build(heap, count):
        one = heap.variable(heap.shop, "ARCHIVE", "list", 8 * count, TypeKind.LIST)
        other = heap.variable(heap.shop, "INDEX", "dict", 8 * KB, TypeKind.DICT)
        for at, cart in enumerate(heap.fill(one, count, 700)):
            heap.edge(other, EdgeKind.DATA_KEY, at, cart)

    (judged,) = merged(build).suspects
    assert judged.suspect.holder == "shop.ARCHIVE"
    assert judged.suspect.also_held_by == ("shop.INDEX",)


def test_a_chain_of_closures_is_one_suspect(merged):
    def build(heap, count):
        owner = (heap.shop, EdgeKind.KEY, "the_thing")
        for _ in range(count // 10):
            thing = heap.edge(*owner, heap.node("shop.Thing", 5600, flags=3))
            method = heap.node("function", 150, TypeKind.FUNCTION)
            heap.edge(thing, EdgeKind.ATTR, "method", method)
            closure = heap.slot(method, "__closure__", "tuple", 48, TypeKind.TUPLE)
            cell = heap.node("cell", 40, TypeKind.CELL)
            heap.edge(closure, EdgeKind.CELL, "original", cell)
            owner = (cell, EdgeKind.SLOT, "cell_contents")

    (judged,) = merged(build).suspects
    suspect = judged.suspect
    assert (suspect.kind, suspect.holder) == ("closure", "shop.the_thing")
    assert judged.linked


def test_what_only_c_holds_is_native(merged):
    def build(heap, count):
        for _ in range(count):
            heap.builder.root(heap.node("ext.Buffer", 400), RootKind.C_HELD)

    (judged,) = merged(build).suspects
    assert (judged.suspect.kind, judged.suspect.object_type) == ("native", "ext.Buffer")


def test_a_suspect_with_growth_survives_being_written(merged, heap):
    suspect = merged(constants_and_carts).suspects[0].suspect
    suspect = dataclasses.replace(suspect, also_held_by=("shop.INDEX",))
    findings = dataclasses.replace(heap.analyse(), suspects=(suspect,))
    assert Findings.from_dict(findings.to_dict()) == findings


@pytest.mark.parametrize(
    ("waiting", "kind"), [(5000, "listener"), (0, "native"), (None, "listener")]
)
def test_callbacks_that_do_not_wait_for_the_exit_are_an_extensions(merged, waiting, kind):
    def build(heap, count):
        if waiting is not None:
            heap.builder.meta["atexit_callbacks"] = waiting
        for _ in range(count):
            method = heap.node("method", 64, TypeKind.METHOD)
            heap.edge(method, EdgeKind.SLOT, "__self__", heap.node("shop.Parser", 400, flags=3))
            heap.builder.root(method, RootKind.C_HELD)

    (found,) = merged(build).suspects
    assert (found.suspect.kind, found.suspect.object_type) == (kind, "method")
