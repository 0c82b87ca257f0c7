"""The gravity graph against what each node retains, computed by taking it away."""

from __future__ import annotations

import brute
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leakguard.explore.folding import Folding
from leakguard.image import EdgeKind, RootKind

ALIKE = brute.Drawn(
    types=[1, *([0] * 12)],
    sizes=[100, *range(1, 13)],
    edges=[(0, EdgeKind.INDEX, at, at) for at in range(1, 13)],
    roots=[(0, RootKind.C_HELD)],
)
NAMES = brute.Drawn(
    types=[2, *([0] * 12)],
    sizes=[100, *range(1, 13)],
    edges=[(0, EdgeKind.KEY, f"name{at}", at) for at in range(1, 13)],
    roots=[(0, RootKind.C_HELD)],
)


def below(graph):
    """The nodes from the suspect down, the rest's included."""
    (top,) = (node["id"] for node in graph["nodes"] if node["role"] == "suspect")
    found, by_id = {top}, {node["id"]: node for node in graph["nodes"]}
    waiting = [top]
    while waiting:
        here = waiting.pop()
        for edge in graph["edges"]:
            if edge["from"] == here and edge["to"] not in found:
                found.add(edge["to"])
                waiting.append(edge["to"])
    return [by_id[one] for one in found]


def check(drawn, graph, top, dominated, limit):
    nodes = graph["nodes"]
    assert len(nodes) <= limit
    ids = [node["id"] for node in nodes]
    assert len(set(ids)) == len(ids)
    assert (nodes[0]["id"], nodes[0]["role"]) == (top, "suspect")
    assert max(node["retained"] for node in nodes) == nodes[0]["retained"]
    assert nodes[0]["retained"] == drawn.size(dominated)
    assert all(edge["from"] in ids and edge["to"] in ids for edge in graph["edges"])
    left = [node for node in nodes if node["role"] == "rest"]
    if limit > 1:
        lower = below(graph)
        assert sum(node["count"] for node in lower) == len(dominated)
        assert sum(node["shallow"] for node in lower) == drawn.size(dominated)
        assert len(nodes) == len(graph["edges"]) + 1
    assert not left or left == nodes[-1:]
    assert sum(node["count"] for node in left) == (graph["more"]["nodes"] if limit > 1 else 0)


@settings(max_examples=50)
@given(st.one_of(brute.heaps(), brute.linked()), st.data())
@example(ALIKE, None)
@example(NAMES, None)
def test_what_is_drawn_and_the_rest_are_all_that_the_suspect_retains(look, drawn, data):
    asked = look(drawn.builder())
    dominated = drawn.dominated()
    tops = sorted(dominated) if data is None else [data.draw(st.sampled_from(sorted(dominated)))]
    for top in tops:
        for limit in (1, 2, 3, 6, 300):
            graph = asked("graph", node=top, limit=limit)
            check(drawn, graph, top, dominated[top], limit)
            assert graph == asked("graph", node=top, limit=limit)


@settings(max_examples=35)
@given(st.one_of(brute.heaps(), brute.linked()))
def test_expanding_adds_and_takes_nothing_away_until_all_is_drawn(look, drawn):
    asked = look(drawn.builder())
    dominated = drawn.dominated()
    for top in sorted(dominated)[:3]:
        expanded: list[int] = []
        graph = asked("graph", node=top)
        while wanted := [node["id"] for node in graph["nodes"] if node["expandable"]]:
            expanded.append(wanted[0])
            text = ",".join(map(str, expanded))
            larger = asked("graph", node=top, expand=text)
            check(drawn, larger, top, dominated[top], 300)
            kept = {node["id"] for node in graph["nodes"] if node["role"] != "rest"}
            assert kept < {node["id"] for node in larger["nodes"]}
            graph = larger
        assert graph["more"] == {"nodes": 0, "bytes": 0}


@settings(max_examples=50)
@given(st.one_of(brute.heaps(), brute.linked()))
@example(ALIKE)
@example(NAMES)
def test_the_folds_below_a_node_are_a_partition_and_retain_what_goes_with_them(look, drawn):
    heap = look(drawn.builder()).heap
    dominated = drawn.dominated()
    for top in dominated:
        folding = Folding(heap, top)
        waiting = [folding.single(top)]
        seen: list[int] = []
        while waiting:
            fold = waiting.pop()
            seen += fold.nodes
            union = set().union(*(dominated[node] for node in fold.nodes))
            assert fold.retained == drawn.size(union)
            assert len({heap.image.node_type[node] for node in fold.nodes}) == 1
            waiting += folding.below(fold)
        assert sorted(seen) == sorted(dominated[top])


def test_alike_items_fold_and_a_few_names_do_not(look):
    (folded,) = (n for n in look(ALIKE.builder())("graph", node=0)["nodes"] if n["count"] > 1)
    assert (folded["count"], folded["retained"]) == (12, 78)
    (folded,) = (n for n in look(NAMES.builder())("graph", node=0)["nodes"] if n["count"] > 1)
    assert (folded["count"], folded["retained"]) == (12, 78)
    few = brute.Drawn([2, 0, 0], [9, 5, 5], NAMES.edges[:2], NAMES.roots)
    graph = look(few.builder())("graph", node=0)
    assert [node["count"] for node in graph["nodes"]] == [1, 1, 1]
    assert sorted(edge["label"] for edge in graph["edges"]) == ["['name1']", "['name2']"]


def test_one_that_holds_nearly_everything_is_drawn_by_itself(look):
    drawn = brute.Drawn(ALIKE.types, [100, 5000, *range(2, 13)], ALIKE.edges, ALIKE.roots)
    graph = look(drawn.builder())("graph", node=0)
    assert [(node["id"], node["count"]) for node in graph["nodes"]] == [(0, 1), (1, 1), (2, 11)]
