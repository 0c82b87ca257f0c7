from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from leakguard.image import (
    EdgeKind,
    HeapImage,
    Ident,
    ImageBuilder,
    RootKind,
    SampleKind,
    TypeKind,
)
from leakguard.image.format import HEADER, SECTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WALKER = Path(__file__).with_name("walker.py")
sys.path.append(str(WALKER.parent))  # the helper modules beside this file: tests are no package


@pytest.fixture(scope="session")
def walker_script() -> Path:
    return WALKER


@pytest.fixture(scope="session")
def walk() -> Callable[[HeapImage], int]:
    spec = importlib.util.spec_from_file_location("leakguard_image_walker", WALKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    walk: Callable[[HeapImage], int] = module.walk
    return walk


@pytest.fixture
def builder() -> ImageBuilder:
    """An image with something in every section."""
    builder = ImageBuilder()
    module = builder.type("module", TypeKind.MODULE, 1)
    mapping = builder.type("dict", TypeKind.DICT, 1)
    cart = builder.type("shop.cart.Cárt", TypeKind.OTHER, 3, Ident("shop.cart.Cárt", "cart.py", 20))
    text = builder.type("str", TypeKind.STR)
    queue = builder.type("collections.deque", TypeKind.DEQUE, 1)
    shop = builder.node(module, 72, 0x1000, ident=Ident("shop.cart", "cart.py"))
    names = builder.node(mapping, 232, 0x2000)
    carts = [builder.node(cart, 56, 0x3000 + index * 64, 1, text) for index in range(5)]
    waiting = builder.node(queue, 640, 0x9000, bound=100)
    builder.edge(shop, EdgeKind.SLOT, "__dict__", names)
    builder.edge(names, EdgeKind.KEY, "WAITING", waiting)
    for index, item in enumerate(carts):
        builder.edge(waiting, EdgeKind.INDEX, index, item)
        builder.edge(names, EdgeKind.DATA_KEY, index % 6 << 24 | 0xABCDEF, item)
        builder.edge(item, EdgeKind.ATTR, "следующий", carts[0])
    builder.edge(carts[1], EdgeKind.STACK, 3, shop)
    builder.root(shop, RootKind.MODULE)
    builder.root(carts[4], RootKind.C_HELD)
    builder.folded(text, 5, 250)
    route = builder.route("GET /корзина/{n}", 3200)
    stack = builder.stack([("shop.cart.add", "cart.py", 41), ("shop.app.view", "app.py", 7)])
    builder.sample(carts[0], 65_600, 56, route, stack, SampleKind.STRONG, 1500, 12)
    builder.sample(carts[1], 65_600, 56, route, 0, SampleKind.WEAK, 2500, 20)
    builder.sample(None, 1 << 20, 1 << 20, 0, stack)
    builder.stats[2] = 2000
    builder.meta.update(
        capture="portable",
        pid=4242,
        host="web-1",
        python="3.12.1",
        app="shop",
        started=1.5e9,
        created=1.6e9,
        uptime_seconds=12.5,
        rss_bytes=1 << 24,
        notes=["made by hand"],
    )
    return builder


@pytest.fixture
def image(builder: ImageBuilder) -> Iterator[HeapImage]:
    with builder.image() as image:
        yield image


@pytest.fixture
def data(builder: ImageBuilder, tmp_path: Path) -> bytes:
    builder.write(tmp_path / "sample.lgheap")
    return (tmp_path / "sample.lgheap").read_bytes()


@pytest.fixture(scope="session")
def entry() -> Callable[[bytes, str], int]:
    """Where the entry of a section is in the section table of an image."""

    def find(data: bytes, name: str) -> int:
        count = HEADER.unpack_from(data)[5]
        for position in range(HEADER.size, HEADER.size + count * SECTION.size, SECTION.size):
            if data[position : position + 8].rstrip(b"\0") == name.encode():
                return position
        raise AssertionError(name)

    return find
