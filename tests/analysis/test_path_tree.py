"""The tree of paths of any graph: everything that is reached is on one path."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from leakguard.analysis import _graph
from leakguard.analysis.growth import Survey
from leakguard.image import EdgeKind, ImageBuilder, RootKind, TypeKind


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 30))
    node = st.integers(0, count - 1)
    kinds = st.sampled_from(list(EdgeKind))
    return (
        draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 99), st.integers(0, 3)),
                      min_size=count, max_size=count)),
        draw(st.lists(st.tuples(node, kinds, st.integers(0, 5), node), max_size=80)),
        draw(st.lists(st.tuples(node, st.sampled_from(list(RootKind))), max_size=6,
                      unique_by=lambda root: root[0])),
    )  # fmt: skip


TYPES = (
    ("dict", TypeKind.DICT),
    ("cell", TypeKind.CELL),
    ("weakref.WeakValueDictionary", TypeKind.OTHER),
    ("asyncio.unix_events._UnixSelectorEventLoop", TypeKind.OTHER),
)
NAMES = ("__dict__", "__closure__", "data", "a", "b", "c")
NAMED = (1, 2, 5, 6, 8, 9)


@given(graphs())
@example(  # the data of a weak dictionary that nothing refers to, held by somebody else
    (
        [(0, 0, 0), (0, 0, 0), (2, 0, 0)],
        [(0, EdgeKind.OTHER, 0, 1), (2, EdgeKind.ATTR, 2, 1)],
        [(0, RootKind.MODULE)],
    )
)
def test_everything_that_is_reached_is_counted_once(graph):
    nodes, edges, roots = graph
    builder = ImageBuilder()
    for kind, size, folded in nodes:
        builder.node(builder.type(*TYPES[kind]), size, folded=folded)
    follows = {at: set() for at in range(len(nodes))}
    for source, kind, value, target in edges:
        builder.edge(source, kind, NAMES[value] if kind in NAMED else value, target)
        follows[source].add(target)
    reached, todo = set(), []
    for node, kind in roots:
        builder.root(node, kind)
        todo.append(node)
    while todo:
        at = todo.pop()
        if at not in reached:
            reached.add(at)
            todo += follows[at]
    with builder.image() as image:
        survey = Survey(image)
        rows = [survey.tree[at] for at in range(survey.tree.path_count)]
        assert survey.tree.reached == len(reached)
        folded = sum(nodes[at][2] for at in reached)
        assert sum(row[5] + row[6] for row in rows) == len(reached) + folded
        assert sum(row[7] for row in rows) == sum(nodes[at][1] for at in reached)
        tops = [row for row in rows if row[1] == _graph.NONE]
        assert sum(row[8] for row in tops) == survey.tree.reached_objects
        assert sum(row[9] for row in tops) == survey.tree.reached_bytes
        again = Survey(image, survey.summary().keys)
        assert {row[0] for row in rows} == {again.tree[at][0] for at in range(len(rows))}
