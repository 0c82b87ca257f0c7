"""A shop with every kind of holder, captured in a process of its own, and its image to walk."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

from leakguard.image import EdgeKind, HeapImage, RootKind, TypeKind

if TYPE_CHECKING:
    from pathlib import Path

SHOP = """
import asyncio
import collections
import contextvars
import functools
import os
import threading

def secret(place):
    return "".join([os.environ["SEED"], "-", place])

def padding():
    return bytes(50_000)

RECORDS = [{secret("dict key"): secret("dict value"), "padding": padding()} for _ in range(3)]
NUMBERS = {number + 10**6: [secret("item")] for number in range(3)}
RECENT = collections.deque([secret("deque item"), ["kept"]], maxlen=7)
MEMBERS = {secret("set item"), ("pair",)}

class Cart:
    def __init__(self):
        self.note = secret("attribute value")
        self.lines = [secret("list item"), secret("bytes").encode()]

class Opened:
    def __init__(self):
        self.first = [1]
        self.second = [2]

class Slotted:
    __slots__ = ("content", "unset")
    def __init__(self):
        self.content = [secret("slot")]

CART = Cart()
OUTSIDE = Cart()
OUTSIDE.attached_later = [1]
OPENED = Opened()
SHARED = [Opened() for _ in range(4)]
vars(OPENED)
SLOTTED = Slotted()

thing = None
def replace_thing():
    global thing
    original = thing
    def unused():
        if original:
            print(original)
    def some_method():
        return secret
    thing = {"padding": padding(), "unused": unused, "method": some_method}
for _ in range(4):
    replace_thing()

def sell():
    basket = [secret("generator local")]
    unbound = None
    del unbound
    enclosed = [secret("enclosed local")]
    def inner():
        return enclosed
    yield inner
SALE = sell()
next(SALE)

@functools.lru_cache(maxsize=5)
def price(item):
    return [item]
@functools.lru_cache(maxsize=None)
def title(item):
    return [item]
price(secret("cached argument"))
title(secret("cached argument, too"))

REQUEST = contextvars.ContextVar("REQUEST")
REQUEST.set([secret("context variable")])
LOCAL = threading.local()
LOCAL.session = [secret("thread local")]

async def deliver():
    order = [secret("coroutine local")]
    await asyncio.get_running_loop().create_future()
LOOP = asyncio.new_event_loop()
async def start():
    task = asyncio.ensure_future(deliver())
    await asyncio.sleep(0)
    return task
TASK = LOOP.run_until_complete(start())

def fail():
    failed = [secret("failing local")]
    raise ValueError(secret("exception message"))
try:
    fail()
except ValueError as error:
    FAILURE = error

METHOD = CART.__init__
PARTIAL = functools.partial(sell, [secret("partial argument")])
def annotated(first: int, *, second: int = 2) -> int:
    return first
annotated.__annotations__
annotated.marked = [1]

started, stop = threading.Event(), threading.Event()
def work():
    parcel = [secret("frame local")]
    held = [secret("cell of a running frame")]
    def look():
        return held
    started.set()
    stop.wait()
    return parcel, look
WORKER = threading.Thread(target=work, name="packer", daemon=True)
WORKER.start()
started.wait()
"""

CALLS = """
CALLED = []
def told(name):
    def method(self, *arguments):
        CALLED.append(name)
        raise RuntimeError(name)
    return method
NAMES = ["__sizeof__", "__getattr__", "__getattribute__", "__hash__", "__eq__", "__repr__",
    "__len__", "__iter__", "__bool__", "__instancecheck__", "__subclasscheck__", "__del__",
    "__get__", "__reduce_ex__", "__dir__"]
class Meta(type):
    __getattribute__ = told("meta __getattribute__")
    __hash__ = told("meta __hash__")
    __eq__ = told("meta __eq__")
    __repr__ = told("meta __repr__")
    __instancecheck__ = told("meta __instancecheck__")
    __subclasscheck__ = told("meta __subclasscheck__")
    __iter__ = told("meta __iter__")
BODY = {name: told(name) for name in NAMES} | {"__class__": property(told("__class__")),
    "__dict__": property(told("__dict__")), "value": property(told("value"))}
HOSTILE = [Meta("Hostile" + base.__name__, (base,), dict(BODY))
    for base in (object, dict, list, tuple, int, str, bytes, set, BaseException)]
KEPT = [type.__call__(kind) for kind in HOSTILE]
import types
class Module(types.ModuleType):
    __getattribute__ = told("module")
    __dict__ = property(told("module dict"))
KEPT.append(Module("hostile"))
"""

MAIN = """
import faulthandler, gc, json, sys
faulthandler.dump_traceback_later(200, exit=True)
sys.path.insert(0, sys.argv[1])
import shop
from leakguard.capture.portable import capture_portable
"""


def run(directory: Path, code: str, *, shop: str = SHOP, seed: str = "seed") -> str:
    """What a process with the shop prints: it has far fewer objects than the one of the tests."""
    (directory / "shop.py").write_text(shop)
    (directory / "main.py").write_text(MAIN + textwrap.dedent(code))
    done = subprocess.run(
        [sys.executable, "-P", str(directory / "main.py"), str(directory)],
        capture_output=True,
        text=True,
        env={**os.environ, "SEED": seed},
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Heap:
    """An image, walked by the names of its edges."""

    def __init__(self, image: HeapImage, data: bytes, seed: str) -> None:
        self.image = image
        self.data = data
        self.seed = seed
        names = ((node, image.ident_of(node)) for node in image.named_node)
        self.module = next(
            node
            for node, ident in names
            if ident is not None
            and ident.name == "shop"
            and image.type_kind[image.node_type[node]] == TypeKind.MODULE
        )
        self.roots = {
            node: RootKind(kind)
            for node, kind in zip(image.root_node, image.root_kind, strict=True)
        }

    def steps(self, node: int) -> list[tuple[EdgeKind, str, int, int]]:
        found = []
        for edge in self.image.edges(node):
            label = self.image.label(edge)
            found.append((label.kind, label.name, label.value, self.image.edge_target[edge]))
        return found

    def to(self, node: int, kind: EdgeKind, name: str | int = "") -> int:
        """The only target of an edge with this label."""
        found = {
            target
            for at, called, value, target in self.steps(node)
            if at is kind and name in (called, value)
        }
        assert len(found) == 1, (kind, name, self.type(node), self.steps(node))
        return found.pop()

    def shop(self, name: str) -> int:
        namespace = self.to(self.module, EdgeKind.SLOT, "__dict__")
        return self.to(namespace, EdgeKind.KEY, name)

    def type(self, node: int) -> str:
        return self.image.type_name(self.image.node_type[node])

    def kind(self, node: int) -> TypeKind:
        return TypeKind(self.image.type_kind[self.image.node_type[node]])

    def holders(self, node: int) -> list[int]:
        return [
            source
            for source in range(self.image.node_count)
            for edge in self.image.edges(source)
            if self.image.edge_target[edge] == node
        ]
