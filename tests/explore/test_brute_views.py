"""Dominators, types, references and modules of random heaps, counted one by one."""

from __future__ import annotations

from collections import Counter

import brute
from hypothesis import given, settings

from leakguard.image import RootKind


def immediate(dominated):
    """By node its dominator, None for the root: the one that dominates it and least else."""
    above = {
        node: [n for n in dominated if node in dominated[n] and n != node] for node in dominated
    }
    return {
        node: min(found, key=lambda n: len(dominated[n]), default=None)
        for node, found in above.items()
    }


@settings(max_examples=35)
@given(brute.heaps())
def test_the_pages_of_the_dominator_tree_are_the_whole_tree(look, drawn):
    asked = look(drawn.builder())
    dominated = drawn.dominated()
    parents = immediate(dominated)
    for node in (*dominated, None):
        wanted = [child for child, parent in parents.items() if parent == node]
        wanted.sort(key=lambda child: (-drawn.size(dominated[child]), child))
        found, name = [], "root" if node is None else node
        while True:
            page = asked("dominators", node=name, offset=len(found), limit=3)
            assert page["total"] == len(wanted)
            if not page["children"]:
                break
            found += page["children"]
        assert [child["id"] for child in found] == wanted
        for child in found:
            assert child["retained"] == drawn.size(dominated[child["id"]])
            assert child["children"] == sum(p == child["id"] for p in parents.values())


@settings(max_examples=35)
@given(brute.heaps())
def test_every_reference_is_told_at_both_of_its_ends(look, drawn):
    asked = look(drawn.builder())
    ends, starts = Counter(), Counter()
    for node in range(len(drawn.types)):
        for offset in range(0, 60, 4):
            told = asked("node", node=node, offset=offset, limit=4)
            ends.update((edge["id"], node) for edge in told["in"]["edges"])
            starts.update((node, edge["id"]) for edge in told["out"]["edges"])
        assert told["in"]["total"] == sum(target == node for *_, target in drawn.edges)
        assert told["out"]["total"] == sum(source == node for source, *_ in drawn.edges)
    wanted = Counter((source, target) for source, _, _, target in drawn.edges)
    assert ends == starts == wanted


@settings(max_examples=35)
@given(brute.heaps())
def test_the_types_count_every_object_once(look, drawn):
    asked = look(drawn.builder())
    for sort in ("retained", "shallow", "count"):
        rows = asked("types", sort=sort)["rows"]
        assert sum(row["count"] for row in rows) == len(drawn.types)
        assert sum(row["shallow"] for row in rows) == sum(drawn.sizes)
        figures = [row[sort] for row in rows]
        assert figures == sorted(figures, reverse=True)
        paged = [asked("types", sort=sort, offset=at, limit=1)["rows"] for at in range(len(rows))]
        assert [row for page in paged for row in page] == rows


def add_up(tree):
    if tree["children"]:
        assert sum(child["bytes"] for child in tree["children"]) == tree["bytes"]
    for child in tree["children"]:
        add_up(child)


@settings(max_examples=35)
@given(brute.heaps())
def test_the_modules_and_what_no_module_holds_are_the_whole_heap(look, drawn):
    tree = look(drawn.builder())("modules")
    assert tree["bytes"] == sum(drawn.sizes)
    add_up(tree)
    top = {child["name"]: child["bytes"] for child in tree["children"]}
    reached = drawn.reached()
    nobody = drawn.size(set(range(len(drawn.types))) - reached)
    assert top.get("(held by nobody)", 0) == nobody
    modules = [(root, kind) for root, kind in drawn.roots if kind == RootKind.MODULE]
    others = [root for root in drawn.roots if root not in modules]
    only = brute.Drawn(drawn.types, drawn.sizes, drawn.edges, modules)
    if not others:
        assert top.get("app", 0) == drawn.size(only.reached())
