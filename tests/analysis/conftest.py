"""Heaps written by hand, in the words of the image format."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from leakguard.analysis import analyse
from leakguard.analysis.growth import Survey
from leakguard.image import EdgeKind, Ident, ImageBuilder, RootKind, TypeKind

here = Path(__file__).parent
sys.path += [str(here), str(here / "live_heaps")]  # tests are no package

KB, MB = 1000, 1_000_000


class HandMade:
    """A heap with an application module `shop` and a library module `lib`, to which tests add."""

    def __init__(self):
        self.builder = ImageBuilder()
        self.builder.meta.update(capture="portable", pid=4242, host="web-1", python="3.12.1")
        self.shop = self.module("shop", "/srv/app/shop.py")
        self.lib = self.module("lib", "/usr/lib/python3/site-packages/lib/__init__.py")
        # what every process has: code and classes
        self.builder.root(self.node("code", 5 * MB, TypeKind.CODE), RootKind.C_HELD)

    def node(self, type_name, size, kind=TypeKind.OTHER, **more):
        flags = more.pop("flags", 1)
        return self.builder.node(self.builder.type(type_name, kind, flags), size, **more)

    def module(self, name, file):
        """A module; returns its namespace dict."""
        module = self.node("module", 72, TypeKind.MODULE, ident=Ident(name, file))
        self.builder.root(module, RootKind.MODULE)
        namespace = self.node("dict", 4 * KB, TypeKind.DICT)
        self.builder.edge(module, EdgeKind.SLOT, "__dict__", namespace)
        return namespace

    def edge(self, source, kind, name, target):
        self.builder.edge(source, kind, name, target)
        return target

    def variable(self, namespace, name, type_name, size, kind=TypeKind.OTHER, **more):
        return self.edge(namespace, EdgeKind.KEY, name, self.node(type_name, size, kind, **more))

    def instance(self, namespace, name, type_name, **more):
        """An instance in a variable; returns its `__dict__`."""
        node = self.variable(namespace, name, type_name, 56, flags=3, **more)
        return self.slot(node, "__dict__", "dict", 300, TypeKind.DICT)

    def slot(self, source, name, type_name, size, kind=TypeKind.OTHER, **more):
        return self.edge(source, EdgeKind.SLOT, name, self.node(type_name, size, kind, **more))

    def fill(self, holder, count, size, type_name="shop.Cart", edge=EdgeKind.INDEX, **more):
        """Put `count` objects into a container; returns them."""
        value = 1 << 24 if edge == EdgeKind.DATA_KEY else 0
        kind = more.pop("kind", TypeKind.OTHER)
        return [
            self.edge(holder, edge, value + at, self.node(type_name, size, kind, **more))
            for at in range(count)
        ]

    def analyse(self, **options):
        with self.builder.image() as image:
            return analyse(image, **options)


@pytest.fixture
def heap():
    return HandMade()


@pytest.fixture
def series(heap):
    """`series(build, counts)`: summaries of heaps that `build(heap, count)` filled, a minute and
    `requests` requests apart."""

    def make(build, counts, requests=100):
        summaries = []
        for at, count in enumerate(counts):
            made = type(heap)()
            made.builder.meta["created"] = 60.0 * at
            build(made, count)
            with made.builder.image() as image:
                survey = Survey(image, summaries[0].keys if summaries else None)
                summaries.append(
                    survey.summary(requests=None if requests is None else requests * at)
                )
        return summaries

    return make
