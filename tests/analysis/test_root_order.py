"""Where paths start: whatever order the collector's lists have, the same root holds an object."""

from __future__ import annotations

import pytest

from leakguard.analysis.growth import Survey
from leakguard.analysis.growth_naming import PathNames
from leakguard.analysis.heap import Heap
from leakguard.analysis.naming import holder_name
from leakguard.analysis.root_order import roots_in_order
from leakguard.image import EdgeKind, Ident, ImageBuilder, RootKind, TypeKind

DEFINER = Ident("shop.carts", "/srv/app/shop/carts.py")
IMPORTER = Ident("shop.views", "/srv/app/shop/views.py")
MAIN = Ident("__main__", "/srv/app/main.py")
LIBRARY = Ident("aiohttp.web", "/usr/lib/python3.12/site-packages/aiohttp/web.py")
SYS = Ident("sys")


def heap_of(modules, loaded):
    """An image whose `modules` (as the collector lists them) all have the same list `CARTS`;
    `loaded` is the order of sys.modules. Returns the list's node too."""
    builder = ImageBuilder()
    kinds = {
        name: builder.type(name, kind, 1)
        for name, kind in (
            ("module", TypeKind.MODULE),
            ("dict", TypeKind.DICT),
            ("list", TypeKind.LIST),
            ("shop.Cart", TypeKind.OTHER),
        )
    }
    carts = builder.node(kinds["list"], 800)
    for at in range(100):
        builder.edge(carts, EdgeKind.INDEX, at, builder.node(kinds["shop.Cart"], 400))
    table = builder.node(kinds["dict"], 800)
    nodes = {}
    for ident in modules:
        nodes[ident] = node = builder.node(kinds["module"], 72, ident=ident)
        builder.root(node, RootKind.MODULE)
        names = builder.node(kinds["dict"], 400)
        builder.edge(node, EdgeKind.SLOT, "__dict__", names)
        if ident == SYS:
            builder.edge(names, EdgeKind.KEY, "modules", table)
        else:
            builder.edge(names, EdgeKind.KEY, "CARTS", carts)
    for ident in loaded:
        builder.edge(table, EdgeKind.KEY, ident.name, nodes[ident])
    return builder, carts


@pytest.mark.parametrize(
    "modules",
    [
        (SYS, DEFINER, IMPORTER, MAIN, LIBRARY),
        (LIBRARY, MAIN, IMPORTER, DEFINER, SYS),
        (MAIN, IMPORTER, SYS, LIBRARY, DEFINER),
    ],
)
def test_an_object_is_held_by_the_applications_module_that_was_loaded_first(modules):
    builder, carts = heap_of(modules, (SYS, MAIN, LIBRARY, DEFINER, IMPORTER))
    with builder.image() as image:
        order = [image.ident_of(node) for node, _ in roots_in_order(image)]
        heap = Heap(image)
        survey = Survey(image)
        summary = survey.summary()
        by_growth = PathNames(summary).holder(survey.kept_path_of(carts))
        assert holder_name(heap, heap.path(carts)) == by_growth == "shop.carts.CARTS"
    assert order == [DEFINER, IMPORTER, MAIN, SYS, LIBRARY]


def test_what_holds_an_object_is_the_same_path_after_a_collection_changed_the_lists():
    keys = set()
    for modules in ((SYS, IMPORTER, DEFINER), (DEFINER, IMPORTER, SYS)):
        builder, carts = heap_of(modules, (SYS, DEFINER, IMPORTER))
        with builder.image() as image:
            survey = Survey(image)
            keys.add(survey.summary().paths[survey.kept_path_of(carts)].key)
    assert len(keys) == 1


def test_other_roots_go_by_the_names_of_their_types():
    orders = set()
    for names in (("zope.Hook", "app.Hook"), ("app.Hook", "zope.Hook")):
        builder = ImageBuilder()
        for name in names:
            builder.root(builder.node(builder.type(name, TypeKind.OTHER, 1), 64), RootKind.C_HELD)
        with builder.image() as image:
            orders.add(
                tuple(image.type_name(image.node_type[node]) for node, _ in roots_in_order(image))
            )
    assert orders == {("app.Hook", "zope.Hook")}
