"""Who retains: against removing the holder and looking what is still reached."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.analysis import _graph
from leakguard.analysis.attribution_owners import NOBODY, Owners
from leakguard.analysis.heap import Heap
from leakguard.image import EdgeKind, ImageBuilder, RootKind
from leakguard.image.format import NO_NODE


@st.composite
def heaps(draw):
    count = draw(st.integers(1, 25))
    node = st.integers(0, count - 1)
    return {
        "count": count,
        "edges": draw(st.lists(st.tuples(node, node), max_size=60)),
        "roots": draw(st.lists(node, min_size=1, max_size=4, unique=True)),
        "holders": draw(st.lists(node, max_size=5, unique=True)),
    }


def reached(heap, without=None):
    seen, waiting = set(), [node for node in heap["roots"] if node != without]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += [b for a, b in heap["edges"] if a == node and b != without]
    return seen


def dominators(heap, node):
    """Nodes without which `node` is not reached, itself included."""
    return {
        other for other in range(heap["count"]) if other == node or node not in reached(heap, other)
    }


@given(heaps())
def test_what_a_holder_dominates_is_retained_by_the_nearest(heap):
    builder = ImageBuilder()
    for _ in range(heap["count"]):
        builder.node(0, 16)
    for source, target in heap["edges"]:
        builder.edge(source, EdgeKind.OTHER, 0, target)
    for node in heap["roots"]:
        builder.root(node, RootKind.MODULE)
    judged = [SimpleNamespace(holder_node=node) for node in heap["holders"]]
    everything = reached(heap)
    with builder.image() as image:
        heap_of_image = Heap(image)
        owners = Owners(heap_of_image, judged, None, None)
        for node in range(heap["count"]):
            place = owners.of(node)
            above = dominators(heap, node) & set(heap["holders"]) if node in everything else set()
            if above:
                # the nearest has all the others above itself
                (nearest,) = (one for one in above if above <= dominators(heap, one))
                assert heap["holders"][place] == nearest
            elif node not in everything:
                assert place == NOBODY or heap["holders"][place] == node
            elif place != NOBODY:
                path = [step.node for step in heap_of_image.path(node)]
                assert heap["holders"][place] in path
            else:
                path = [step.node for step in heap_of_image.path(node)]
                assert not set(heap["holders"]) & set(path)
        assert owners.of(NO_NODE) == NOBODY


def column(values):
    return memoryview(b"".join(value.to_bytes(4, "little") for value in values)).cast("I")


def test_a_suspect_without_a_node_retains_nothing():
    builder = ImageBuilder()
    builder.root(builder.node(0, 16), RootKind.MODULE)
    with builder.image() as image:
        owners = Owners(Heap(image), [SimpleNamespace(holder_node=-1, holder_keys=())], None, None)
        assert owners.of(0) == NOBODY


def test_nearest_marked_reads_only_what_is_there():
    parent, order = column([3, 0, 1]), column([0, 1, 2])
    assert list(_graph.nearest_marked(parent, order, [1, 1])) == [0, 1, 1]
    assert list(_graph.nearest_marked(parent, order[:0], [0])) == [1, 0, 0]
    for bad in ([3], [-1], [1 << 40]):
        with pytest.raises(ValueError, match="does not exist"):
            _graph.nearest_marked(parent, order, bad)
    with pytest.raises(ValueError, match="does not exist"):
        _graph.nearest_marked(parent, column([0, 9]), [0])
    with pytest.raises(ValueError, match="more than can be marked"):
        _graph.nearest_marked(parent, order, [0] * (1 << 16))
