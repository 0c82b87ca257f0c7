"""Heap images for tests of what looks at one, made without a running server.

    import images                              # this folder is on the path
    images.shop().write("shop.lgheap")         # 10,000 nodes, two leaks: a cache and a closure
    images.shop(carts=1200, created=1060.0)    # the same process a minute later
    images.varied().write("varied.lgheap")     # 10,000 nodes that fill a graph of 300
    images.hostile().write("hostile.lgheap")   # names that look like markup, and worse

Or from a shell: python tests/explore/images.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from leakguard.image import EdgeKind, Ident, ImageBuilder, RootKind, TypeKind

SHOP = "/srv/shop/cart.py"
VM = "/srv/shop/vm.py"
LIBRARY = "/usr/lib/python3/site-packages/web/router.py"

MARKUP = "<img src=x onerror=alert(1)>"
QUOTES = "\"'`</script><script>alert(2)</script>&amp;"
TURNED = "shop.\u202eexe.trac\u2066\u200f"
CONTROLS = "a\x00b\x1b[31mc\nd\te\u2028f"
ENDLESS = "very.long." + "x" * 20_000
WIDE = "购物车." + "漢" * 500 + "\U0001f9e8" * 50
NAMES = (MARKUP, QUOTES, TURNED, CONTROLS, ENDLESS, WIDE)


class Maker:
    """An `ImageBuilder` with words for what processes consist of."""

    def __init__(self, created: float = 1000.0, pid: int = 4242) -> None:
        self.builder = ImageBuilder()
        self.builder.meta.update(
            capture="portable",
            pid=pid,
            host="web-1",
            python="3.12.1",
            app="shop",
            started=900.0,
            created=created,
            uptime_seconds=created - 900.0,
            rss_bytes=200_000_000,
        )
        code = self.node("code", 5_000_000, TypeKind.CODE)
        self.builder.root(code, RootKind.C_HELD)

    def node(self, type_name, size, kind=TypeKind.OTHER, **more):
        flags = more.pop("flags", 1)
        return self.builder.node(self.builder.type(type_name, kind, flags), size, **more)

    def instance(self, type_name, size=56, **more):
        return self.node(type_name, size, flags=3, **more)

    def edge(self, source, kind, name, target):
        self.builder.edge(source, kind, name, target)
        return target

    def module(self, name, file):
        """A module; its namespace dict."""
        module = self.node("module", 72, TypeKind.MODULE, ident=Ident(name, file))
        self.builder.root(module, RootKind.MODULE)
        return self.edge(module, EdgeKind.SLOT, "__dict__", self.node("dict", 4000, TypeKind.DICT))

    def data_keys(self, source, targets):
        for at, target in enumerate(targets):
            self.edge(source, EdgeKind.DATA_KEY, at + 1, target)

    def items(self, source, targets):
        for at, target in enumerate(targets):
            self.edge(source, EdgeKind.INDEX, at, target)


def shop(carts: int = 500, created: float = 1000.0, pid: int = 4242) -> ImageBuilder:
    """A shop: `shop.cart.CARTS` keeps every cart (14 nodes each), `shop.vm.the_thing` the last of
    500 things, each of which a closure keeps alive. 10,000 nodes with 500 carts."""
    made = Maker(created, pid)
    _add_carts(made, carts)
    _add_closures(made, 500)
    _add_library(made, 992)
    return made.builder


def _add_carts(made: Maker, count: int) -> None:
    namespace = made.module("shop.cart", SHOP)
    held = made.node("dict", 36_000, TypeKind.DICT)
    made.edge(namespace, EdgeKind.KEY, "CARTS", held)
    customer = made.instance("shop.cart.Customer", ident=None)
    made.edge(namespace, EdgeKind.KEY, "NOBODY", customer)
    for at in range(count):
        cart = made.instance("shop.cart.Cart", 64)
        made.edge(held, EdgeKind.DATA_KEY, at + 1, cart)
        lines = made.edge(cart, EdgeKind.ATTR, "lines", made.node("list", 184, TypeKind.LIST))
        made.edge(cart, EdgeKind.ATTR, "customer", customer)
        notes = made.node("bytearray", 20_000 + 8 * at, TypeKind.BYTEARRAY)
        made.edge(cart, EdgeKind.ATTR, "page", notes)
        for line in range(10):
            product = made.instance("shop.cart.Line", 96)
            made.edge(lines, EdgeKind.INDEX, line, product)
        totals = made.node(
            "dict",
            232,
            TypeKind.DICT,
            folded=3,
            folded_type=made.builder.type("float", TypeKind.FLOAT),
        )
        made.edge(cart, EdgeKind.ATTR, "totals", totals)


def _add_closures(made: Maker, count: int) -> None:
    namespace = made.module("shop.vm", VM)
    method = Ident("shop.vm.replace.<locals>.some_method", VM, 34)
    before = None
    for at in range(count):
        thing = made.instance("shop.vm.Thing", 48)
        text = made.node("str", 10_000, TypeKind.STR)
        made.edge(thing, EdgeKind.ATTR, "long_text", text)
        function = made.node("function", 144, TypeKind.FUNCTION, ident=method)
        made.edge(thing, EdgeKind.ATTR, "some_method", function)
        if before is not None:
            cell = made.node("cell", 40, TypeKind.CELL)
            made.edge(function, EdgeKind.CELL, "original", cell)
            made.edge(cell, EdgeKind.SLOT, "cell_contents", before)
        before = thing
        if at == count - 1:
            made.edge(namespace, EdgeKind.KEY, "the_thing", thing)


def _add_library(made: Maker, count: int) -> None:
    namespace = made.module("web.router", LIBRARY)
    for at in range(count):
        ident = Ident(f"web.router.handler_{at}", LIBRARY, at + 1)
        function = made.node("function", 144, TypeKind.FUNCTION, ident=ident)
        made.edge(namespace, EdgeKind.KEY, f"handler_{at}", function)


def varied() -> ImageBuilder:
    """10,000 nodes: `jobs.queue.PENDING` keeps jobs with states of 120 kinds."""
    made = Maker()
    namespace = made.module("jobs.queue", "/srv/jobs/queue.py")
    held = made.node("dict", 90_000, TypeKind.DICT)
    made.edge(namespace, EdgeKind.KEY, "PENDING", held)
    for at in range(1110):
        kind = at % 120
        job = made.instance("jobs.queue.Job", 640 + kind)
        made.edge(held, EdgeKind.DATA_KEY, at + 1, job)
        made.edge(job, EdgeKind.ATTR, "text", made.node("bytearray", 1000 + kind))
        state = made.edge(job, EdgeKind.ATTR, "state", made.instance(f"jobs.kinds.State{kind:03}"))
        for part in range(6):
            made.edge(state, EdgeKind.ATTR, f"part_{part}", made.node("bytes", 100 + 50 * part))
    _add_library(made, 4)
    return made.builder


def hostile() -> ImageBuilder:
    """Every kind of name holds markup, quotes, marks that turn the writing, controls, or is far too
    long: of modules, files, types, functions, attributes, variables. Each has a leak of its own."""
    made = Maker()
    made.builder.meta.update(app=MARKUP, host=QUOTES)
    for at, name in enumerate(NAMES):
        namespace = made.module(f"{name}.{at}", f"/srv/{name}.py")
        held = made.node("list", 8_000, TypeKind.LIST)
        made.edge(namespace, EdgeKind.KEY, name, held)
        for _ in range(40):
            one = made.instance(f"{name}.{name}", 50_000 + at)
            made.edge(held, EdgeKind.INDEX, 0, one)
            ident = Ident(name, f"/srv/{name}.py", 7)
            function = made.node("function", 144, TypeKind.FUNCTION, ident=ident)
            made.edge(one, EdgeKind.ATTR, name, function)
            cell = made.node("cell", 40, TypeKind.CELL)
            made.edge(function, EdgeKind.CELL, name, cell)
    return made.builder


def main() -> None:
    """Write all of them into a folder."""
    folder = Path(sys.argv[1])
    shop().write(folder / "shop.lgheap")
    shop(carts=700, created=1060.0).write(folder / "shop-later.lgheap")
    varied().write(folder / "varied.lgheap")
    hostile().write(folder / "hostile.lgheap")


if __name__ == "__main__":
    main()
