"""Random heaps, and what the views say of them computed the slow way."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from leakguard.image import EdgeKind, Ident, ImageBuilder, RootKind, TypeKind

NAMED = (EdgeKind.ATTR, EdgeKind.KEY, EdgeKind.SLOT, EdgeKind.CELL)
UNNAMED = (EdgeKind.INDEX, EdgeKind.DATA_KEY, EdgeKind.SET_ITEM, EdgeKind.OTHER)


@dataclass
class Drawn:
    """A heap as it was drawn; `edges` are (source, kind, name or number, target)."""

    types: list[int]
    sizes: list[int]
    edges: list[tuple]
    roots: list[tuple]

    def builder(self):
        builder = ImageBuilder()
        kinds = [
            builder.type(f"app.Type{number}", kind, 3)
            for number, kind in enumerate((TypeKind.OTHER, TypeKind.LIST, TypeKind.DICT))
        ]
        roots = dict(self.roots)
        for node, (kind, size) in enumerate(zip(self.types, self.sizes, strict=True)):
            if roots.get(node) == RootKind.MODULE:
                module = builder.type("module", TypeKind.MODULE, 1)
                builder.node(module, size, ident=Ident(f"app.m{node % 3}.n{node}", "/srv/app.py"))
            else:
                builder.node(kinds[kind], size)
        for edge in self.edges:
            builder.edge(*edge)
        for root in roots.items():
            builder.root(*root)
        return builder

    def reached(self, without=None):
        """What the roots reach where one node is taken away."""
        waiting = [root for root, _ in self.roots if root != without]
        found = set(waiting)
        while waiting:
            here = waiting.pop()
            for source, _, _, target in self.edges:
                if source == here and target != without and target not in found:
                    found.add(target)
                    waiting.append(target)
        return found

    def dominated(self):
        """By node that is reached: all that would go with it."""
        reached = self.reached()
        return {node: reached - self.reached(without=node) for node in reached}

    def size(self, nodes):
        return sum(self.sizes[node] for node in nodes)


@st.composite
def heaps(draw, most=14):
    count = draw(st.integers(1, most))
    nodes = st.integers(0, count - 1)
    edge = st.one_of(
        st.tuples(nodes, st.sampled_from(NAMED), st.sampled_from("ab"), nodes),
        st.tuples(nodes, st.sampled_from(UNNAMED), st.integers(0, 3), nodes),
    )
    kinds = st.sampled_from(list(RootKind))
    return Drawn(
        draw(st.lists(st.integers(0, 2), min_size=count, max_size=count)),
        draw(st.lists(st.integers(1, 50), min_size=count, max_size=count)),
        draw(st.lists(edge, max_size=3 * count)),
        draw(st.lists(st.tuples(nodes, kinds), min_size=1, max_size=4, unique_by=lambda r: r[0])),
    )


@st.composite
def linked(draw):
    """A linked chain of some period and length, whose links may have something of their own."""
    period, repeats = draw(st.integers(1, 3)), draw(st.integers(4, 12))
    length = period * repeats + draw(st.integers(1, period))
    types = [at % period for at in range(length)]
    sizes = [10] * length
    edges = [(at, EdgeKind.ATTR, f"next{at % period}", at + 1) for at in range(length - 1)]
    for at in range(length):
        for _ in range(draw(st.integers(0, 2)) if at % period == 0 else 0):
            edges.append((at, EdgeKind.INDEX, 0, len(types)))
            types.append(2)
            sizes.append(3)
    root = len(types)
    edges.append((root, EdgeKind.KEY, "head", 0))
    return Drawn([*types, 1], [*sizes, 1], edges, [(root, RootKind.MODULE)])
