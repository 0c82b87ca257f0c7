"""The graph algorithms against brute force, and on shapes that break naive ones."""

from __future__ import annotations

from array import array
from collections import Counter, deque
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakguard.analysis import _graph


@dataclass(frozen=True)
class Graph:
    edges: tuple[tuple[int, ...], ...]
    sizes: tuple[int, ...]
    types: tuple[int, ...]
    roots: tuple[tuple[int, int], ...]  # node, tier

    @property
    def offset(self):
        offsets = array("I", [0])
        for targets in self.edges:
            offsets.append(offsets[-1] + len(targets))
        return offsets

    @property
    def target(self):
        return array("I", [target for targets in self.edges for target in targets])

    @property
    def root_nodes(self):
        return array("I", [node for node, _ in self.roots])

    def reachable(self, without=None, roots=None):
        """The nodes that the roots reach when `without` is deleted."""
        starts = self.root_nodes if roots is None else roots
        seen = {root for root in starts if root != without}
        todo = list(seen)
        while todo:
            for target in self.edges[todo.pop()]:
                if target != without and target not in seen:
                    seen.add(target)
                    todo.append(target)
        return seen

    def dominators(self):
        return _graph.dominator_tree(
            self.offset, self.target, array("Q", self.sizes), self.root_nodes
        )

    def paths(self):
        return _graph.path_tree(
            self.offset, self.target, self.root_nodes, array("B", [tier for _, tier in self.roots])
        )


@st.composite
def graphs(draw):
    count = draw(st.integers(0, 14))
    if count == 0:
        return Graph((), (), (), ())
    nodes = st.integers(0, count - 1)
    return Graph(
        edges=tuple(tuple(draw(st.lists(nodes, max_size=4))) for _ in range(count)),
        sizes=tuple(draw(st.lists(st.integers(0, 99), min_size=count, max_size=count))),
        types=tuple(draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))),
        roots=tuple(draw(st.lists(st.tuples(nodes, st.integers(1, 4)), max_size=4))),
    )


def dominated(tree, node):
    """The nodes below `node` in the dominator tree, itself included."""
    below, todo = set(), [node]
    while todo:
        node = todo.pop()
        below.add(node)
        todo.extend(tree.child[tree.child_offset[node] : tree.child_offset[node + 1]])
    return below


@settings(max_examples=1200)
@given(graphs())
def test_retained_is_what_deleting_the_node_frees(graph):
    tree = graph.dominators()
    reached = graph.reachable()
    count = len(graph.edges)
    for node in range(count):
        if node not in reached:
            assert tree.retained[node] == 0
            assert tree.immediate[node] == _graph.NONE
            continue
        freed = reached - graph.reachable(without=node)
        assert tree.retained[node] == sum(graph.sizes[gone] for gone in freed)
        assert dominated(tree, node) == freed
    assert tree.reached == len(reached)
    assert tree.retained_bytes == sum(graph.sizes[node] for node in reached)
    assert dominated(tree, count) - {count} == reached


@settings(max_examples=1200)
@given(graphs())
def test_immediate_dominator_is_the_nearest_of_all_dominators(graph):
    tree = graph.dominators()
    reached = graph.reachable()
    count = len(graph.edges)
    frees = {node: reached - graph.reachable(without=node) for node in reached}
    for node in reached:
        above = [other for other in reached if other != node and node in frees[other]]
        # Dominators of one node are nested: the nearest frees least, even where sizes are 0.
        nearest = min(above, key=lambda other: len(frees[other])) if above else count
        assert tree.immediate[node] == nearest
    placed = {node: place for place, node in enumerate(tree.order)}
    assert all(placed[tree.immediate[n]] < placed[n] for n in reached if tree.immediate[n] != count)
    for node in [*reached, count]:
        children = tree.child[tree.child_offset[node] : tree.child_offset[node + 1]]
        assert all(tree.immediate[child] == node for child in children)
        if children:
            assert tree.retained[tree.heavy[node]] == max(tree.retained[c] for c in children)
        else:
            assert tree.heavy[node] == _graph.NONE


@settings(max_examples=1200)
@given(graphs())
def test_paths_are_the_shortest_from_the_first_tier_that_reaches(graph):
    paths = graph.paths()
    distance, tier_of = {}, {}
    for tier in range(1, 5):
        starts = [node for node, of in graph.roots if of == tier and node not in distance]
        todo = deque(dict.fromkeys(starts))
        for start in todo:
            distance[start], tier_of[start] = 0, tier
        while todo:
            node = todo.popleft()
            for target in graph.edges[node]:
                if target not in distance:
                    distance[target], tier_of[target] = distance[node] + 1, tier
                    todo.append(target)
    assert paths.reached == len(distance) == len(paths.order)
    offset, target = graph.offset, graph.target
    for node in range(len(graph.edges)):
        assert paths.tier[node] == tier_of.get(node, 0)
        steps, here = 0, node
        while paths.parent[here] != _graph.NONE:
            before, edge = paths.parent[here], paths.parent_edge[here]
            assert target[edge] == here
            assert offset[before] <= edge < offset[before + 1]
            here, steps = before, steps + 1
        assert steps == distance.get(node, 0)
    parents = [paths.parent[node] for node in paths.order if paths.parent[node] != _graph.NONE]
    runs = [p for i, p in enumerate(parents) if i == 0 or parents[i - 1] != p]
    assert len(runs) == len(set(runs))


@settings(max_examples=600)
@given(graphs())
def test_histogram_counts_nested_instances_once(graph):
    tree = graph.dominators()
    count, shallow, retained = _graph.histogram(
        tree, array("H", graph.types), array("Q", graph.sizes), 3
    )
    reached = graph.reachable()
    for of_type in range(3):
        members = [node for node, kind in enumerate(graph.types) if kind == of_type]
        assert count[of_type] == len(members)
        assert shallow[of_type] == sum(graph.sizes[node] for node in members)
        below = set()
        for node in members:
            if node in reached:
                below |= dominated(tree, node)
        assert retained[of_type] == sum(graph.sizes[node] for node in below)


@settings(max_examples=600)
@given(graphs(), st.integers(0, 60), st.integers(0, 3))
def test_gatherings_are_the_groups_of_each_holder(graph, least_bytes, least_count):
    tree, paths = graph.dominators(), graph.paths()
    groups = array("I", graph.types)
    members = {}
    for node in paths.order:
        if paths.parent[node] != _graph.NONE:
            members.setdefault((paths.parent[node], graph.types[node]), []).append(node)
    expected = {}
    for (holder, group), nodes in members.items():
        retained = [tree.retained[node] for node in nodes]
        if len(nodes) >= max(1, least_count) and sum(retained) >= least_bytes:
            expected[holder, group] = (len(nodes), sum(retained), max(retained))
    found = _graph.gatherings(paths, tree, groups, 3, least_bytes, least_count)
    whole = Counter(paths.parent[node] for node in paths.order)
    assert all(whole[holder] >= least_count for holder, *_ in found)
    assert {(holder, group): tuple(rest) for holder, group, *rest in found} == expected


def chain_graph(count, group_of, size=8):
    edges = tuple((node + 1,) if node + 1 < count else () for node in range(count))
    return Graph(edges, (size,) * count, tuple(map(group_of, range(count))), ((0, 1),))


def test_a_million_links_deep():
    count = 1_000_000
    offset = array("I", [*range(count), count - 1])
    target = array("I", range(1, count))
    sizes, types = array("Q", [8]) * count, array("H", [0]) * count
    tree = _graph.dominator_tree(offset, target, sizes, array("I", [0]))
    assert tree.retained[0] == 8 * count
    assert tree.retained[count - 1] == 8
    assert tree.immediate[count - 1] == count - 2
    paths = _graph.path_tree(offset, target, array("I", [0]), array("B", [1]))
    assert paths.reached == count
    assert _graph.histogram(tree, types, sizes, 1)[2][0] == 8 * count
    group = memoryview(array("I", [0]) * count)
    assert _graph.linked_chains(tree, group, 100, 4) == [(0, 1, count, 8, count - 1)]


def test_linked_chain_after_a_prefix():
    graph = chain_graph(3 + 4 * 499 + 2, lambda n: 9 if n < 3 else 10 + (n - 3) % 4)
    tree = graph.dominators()
    ((head, period, length, largest, tail),) = _graph.linked_chains(
        tree, array("I", graph.types), 16, 4
    )
    assert (head, period, length, largest) == (3, 4, 4 * 499 + 2, 32)
    assert tail == 3 + 4 * 498


def test_too_few_repeats_are_no_chain():
    graph = chain_graph(9, lambda n: n % 3)
    assert _graph.linked_chains(graph.dominators(), array("I", graph.types), 0, 4) == []


def test_groups_tell_functions_apart_by_their_name():
    groups = _graph.group_column(
        array("H", [1, 1, 1, 2]), 3, array("I", [0, 2]), array("I", [5, 5])
    )
    assert list(groups) == [8, 1, 8, 2]


def test_results_outlive_what_made_them_and_cannot_be_written():
    retained = chain_graph(5, lambda n: 0).dominators().retained
    assert list(retained) == [40, 32, 24, 16, 8]
    assert retained.readonly
    assert memoryview(retained).format == "Q"


@pytest.mark.parametrize(
    ("offset", "target", "sizes", "message"),
    [
        ([], [], [], "do not belong together"),
        ([0, 1], [], [1], "do not belong together"),
        ([0, 0], [], [], "one size for each node"),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(offset, target, sizes, message):
    with pytest.raises(ValueError, match=message):
        _graph.dominator_tree(array("I", offset), array("I", target), array("Q", sizes), array("I"))


def test_types_and_tiers_that_do_not_fit_are_refused():
    tree = chain_graph(2, lambda n: 0).dominators()
    sizes = array("Q", [1, 1])
    with pytest.raises(ValueError, match="node 1 has a type"):
        _graph.histogram(tree, array("H", [0, 7]), sizes, 1)
    with pytest.raises(ValueError, match="one type and one size"):
        _graph.histogram(tree, array("H", [0]), sizes, 1)
    with pytest.raises(ValueError, match="one tier for each root"):
        _graph.path_tree(array("I", [0]), array("I"), array("I"), array("B", [1]))
    with pytest.raises(ValueError, match="node 4 is named"):
        _graph.group_column(array("H", [0]), 1, array("I", [4]), array("I", [0]))
    with pytest.raises(ValueError, match="one group for each node"):
        _graph.linked_chains(tree, array("I", [0]), 1, 4)
