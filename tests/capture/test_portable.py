from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from leakguard.image import EdgeKind, HeapImage, RootKind, TypeKind

if TYPE_CHECKING:
    from collections.abc import Iterator
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


@pytest.fixture(scope="module")
def heap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Heap]:
    directory = tmp_path_factory.mktemp("shop")
    seed = secrets.token_hex(12)
    meta = {"app": "shop", "notes": ["by a test"], "capture": "portable"}
    run(
        directory,
        f"capture_portable(sys.argv[1] + '/shop.lgheap', meta={meta!r})",
        seed=seed,
    )
    path = directory / "shop.lgheap"
    with HeapImage.open(path) as image:
        yield Heap(image, path.read_bytes(), seed)


def test_no_value_is_in_the_file(heap: Heap) -> None:
    assert heap.seed.encode() not in heap.data


@pytest.mark.parametrize(
    "name",
    [
        "RECORDS", "padding", "note", "lines", "content", "unused", "original", "basket",
        "enclosed", "REQUEST", "session", "order", "parcel", "held", "failed", "attached_later",
    ],
)  # fmt: skip
def test_names_are_in_the_file(heap: Heap, name: str) -> None:
    assert name.encode() in heap.data


def test_what_the_image_says_of_itself(heap: Heap) -> None:
    meta, stats = heap.image.meta, heap.image.stats
    assert (meta["capture"], meta["app"], meta["notes"]) == ("portable", "shop", ["by a test"])
    assert stats[0] == heap.image.node_count + sum(heap.image.node_folded)
    assert stats[1] == sum(heap.image.node_size)
    assert stats[3] > 0
    assert stats[5] > 0


def test_a_module_level_list_of_dicts(heap: Heap) -> None:
    assert heap.roots[heap.module] is RootKind.MODULE
    records = heap.shop("RECORDS")
    items = [target for kind, _, _, target in heap.steps(records) if kind is EdgeKind.INDEX]
    assert [heap.kind(item) for item in items] == [TypeKind.DICT] * 3
    # key, value and padding are referred to once: leaves
    assert [heap.image.node_folded[item] for item in items] == [3, 3, 3]
    assert heap.image.node_size[items[0]] > 50_000
    assert heap.holders(records) == [heap.to(heap.module, EdgeKind.SLOT, "__dict__")]
    assert not {records, *items} & heap.roots.keys()


def test_data_keys_have_a_class_and_a_hash(heap: Heap) -> None:
    steps = heap.steps(heap.shop("NUMBERS"))
    keys = [(kind, name, value) for kind, name, value, _ in steps if kind is EdgeKind.DATA_KEY]
    assert [name for _, name, _ in keys] == ["int"] * 3
    assert len({value for _, _, value in keys}) == 3
    assert all(value & 0xFFFFFF not in range(10**6, 10**6 + 3) for _, _, value in keys)


def test_other_containers(heap: Heap) -> None:
    recent, members = heap.shop("RECENT"), heap.shop("MEMBERS")
    assert heap.kind(recent) is TypeKind.DEQUE
    assert heap.image.bound_of(recent) == 7
    assert heap.type(heap.to(recent, EdgeKind.INDEX, 1)) == "list"
    assert {kind for kind, *_ in heap.steps(members)} == {EdgeKind.SET_ITEM}


def test_leaves_are_folded_into_their_owner(heap: Heap) -> None:
    lines = heap.to(heap.shop("CART"), EdgeKind.ATTR, "lines")
    assert heap.image.node_folded[lines] == 2
    assert heap.steps(lines) == []
    assert heap.image.node_size[lines] > sys.getsizeof([1, 2]) + 2 * len(heap.seed)


def test_instance_attributes(heap: Heap) -> None:
    cart = heap.shop("CART")
    assert heap.type(cart) == "shop.Cart"
    lines = heap.to(cart, EdgeKind.ATTR, "lines")
    assert heap.holders(lines) == [cart]
    assert lines not in heap.roots
    klass = heap.to(cart, EdgeKind.SLOT, "__class__")
    assert heap.kind(klass) is TypeKind.TYPE
    assert klass == heap.shop("Cart")
    assert heap.to(heap.shop("OUTSIDE"), EdgeKind.ATTR, "attached_later") not in heap.roots
    assert heap.to(heap.shop("SLOTTED"), EdgeKind.ATTR, "content") not in heap.roots


def test_an_instance_whose_dict_was_asked_for(heap: Heap) -> None:
    opened = heap.shop("OPENED")
    namespace = heap.to(opened, EdgeKind.SLOT, "__dict__")
    first = heap.to(namespace, EdgeKind.KEY, "first")
    assert heap.holders(first) == [namespace]
    assert heap.holders(namespace) == [opened]
    assert not {namespace, first} & heap.roots.keys()


def test_where_a_class_was_defined(heap: Heap) -> None:
    ident = heap.image.type_ident_of(heap.image.node_type[heap.shop("CART")])
    assert ident is not None
    assert ident.name == "shop.Cart"
    assert ident.file is not None
    assert ident.file.endswith("shop.py")
    assert SHOP.splitlines()[(ident.line or 0) - 1].strip().startswith(("class Cart", "def __init"))


def test_a_closure_chain(heap: Heap) -> None:
    thing = heap.shop("thing")
    for _ in range(3):
        unused = heap.to(thing, EdgeKind.KEY, "unused")
        ident = heap.image.ident_of(unused)
        assert ident is not None
        assert ident.name == "shop.replace_thing.<locals>.unused"
        closure = heap.to(unused, EdgeKind.SLOT, "__closure__")
        cell = heap.to(closure, EdgeKind.CELL, "original")
        thing = heap.to(cell, EdgeKind.SLOT, "cell_contents")
        assert heap.kind(thing) is TypeKind.DICT
        assert not {unused, closure, cell, thing} & heap.roots.keys()


def test_locals_of_a_suspended_generator(heap: Heap) -> None:
    sale = heap.shop("SALE")
    ident = heap.image.ident_of(sale)
    assert ident is not None
    assert ident.name == "shop.sell"
    assert heap.type(heap.to(sale, EdgeKind.LOCAL, "basket")) == "list"
    cell = heap.to(sale, EdgeKind.LOCAL, "enclosed")
    assert heap.kind(cell) is TypeKind.CELL
    assert heap.type(heap.to(cell, EdgeKind.SLOT, "cell_contents")) == "list"
    assert heap.kind(heap.to(sale, EdgeKind.LOCAL, "inner")) is TypeKind.FUNCTION


def test_locals_of_a_suspended_coroutine(heap: Heap) -> None:
    task = heap.shop("TASK")
    assert heap.kind(task) is TypeKind.TASK
    coroutine = next(
        target for _, _, _, target in heap.steps(task) if heap.type(target) == "coroutine"
    )
    order = heap.to(coroutine, EdgeKind.LOCAL, "order")
    assert heap.holders(order) == [coroutine]
    assert not {coroutine, order} & heap.roots.keys()


def test_locals_of_a_running_thread(heap: Heap) -> None:
    threads = {
        ident.name: node
        for node, kind in heap.roots.items()
        if kind is RootKind.THREAD and (ident := heap.image.ident_of(node)) is not None
    }
    frames = [
        target for kind, _, _, target in heap.steps(threads["packer"]) if kind is EdgeKind.INDEX
    ]
    working = {}
    for frame in frames:
        ident = heap.image.ident_of(frame)
        assert ident is not None
        working[ident.name] = frame
    frame = working["shop.work"]
    assert heap.type(frame) == "<frame>"
    parcel = heap.to(frame, EdgeKind.LOCAL, "parcel")
    assert heap.holders(parcel) == [frame]
    cell = heap.to(frame, EdgeKind.LOCAL, "held")
    assert heap.kind(cell) is TypeKind.CELL
    assert not {parcel, cell} & heap.roots.keys()


def test_locals_that_a_traceback_keeps(heap: Heap) -> None:
    failure = heap.shop("FAILURE")
    assert heap.kind(failure) is TypeKind.EXCEPTION
    traceback = heap.to(failure, EdgeKind.SLOT, "__traceback__")
    inner = heap.to(traceback, EdgeKind.SLOT, "tb_next")
    frame = heap.to(inner, EdgeKind.SLOT, "tb_frame")
    assert heap.type(heap.to(frame, EdgeKind.LOCAL, "failed")) == "list"


def test_lru_caches(heap: Heap) -> None:
    price, title = heap.shop("price"), heap.shop("title")
    ident = heap.image.ident_of(price)
    assert ident is not None
    assert ident.name == "shop.price"
    assert (heap.kind(price), heap.image.bound_of(price)) == (TypeKind.LRU_CACHE, 5)
    assert heap.image.bound_of(title) is None
    result = heap.to(price, EdgeKind.SLOT, "cached result")
    assert heap.type(result) == "list"
    assert heap.holders(result) == [price]
    cache = heap.to(title, EdgeKind.SLOT, "cache")
    assert heap.type(heap.to(cache, EdgeKind.DATA_KEY, "str")) == "list"


def test_a_context_variable(heap: Heap) -> None:
    image = heap.image
    thread = next(
        node
        for node, kind in heap.roots.items()
        if kind is RootKind.THREAD and "context" in [name for _, name, *_ in heap.steps(node)]
    )
    context = heap.to(thread, EdgeKind.SLOT, "context")
    mapping = heap.to(context, EdgeKind.SLOT, "variables")
    node = heap.steps(mapping)[0][3]
    value = heap.to(node, EdgeKind.CONTEXT_VAR, "REQUEST")
    assert image.type_name(image.node_type[value]) == "list"
    assert context not in heap.roots


def test_thread_local_data(heap: Heap) -> None:
    local = heap.shop("LOCAL")
    assert heap.kind(local) is TypeKind.THREAD_LOCAL
    data = heap.to(local, EdgeKind.SLOT, "thread-local data")
    sessions = [
        heap.to(target, EdgeKind.KEY, "session")
        for _, _, _, target in heap.steps(data)
        if heap.type(target) == "dict"
    ]
    assert [heap.type(session) for session in sessions] == ["list"]


def test_methods_partials_and_functions(heap: Heap) -> None:
    method = heap.shop("METHOD")
    assert heap.to(method, EdgeKind.SLOT, "__self__") == heap.shop("CART")
    assert heap.kind(heap.to(method, EdgeKind.SLOT, "__func__")) is TypeKind.FUNCTION
    partial = heap.shop("PARTIAL")
    assert heap.kind(partial) is TypeKind.PARTIAL
    assert heap.to(partial, EdgeKind.ATTR, "func") == heap.shop("sell")
    annotated = heap.shop("annotated")
    assert heap.type(heap.to(annotated, EdgeKind.SLOT, "__annotations__")) == "dict"
    attributes = heap.to(annotated, EdgeKind.SLOT, "__dict__")
    assert heap.type(heap.to(attributes, EdgeKind.KEY, "marked")) == "list"


def test_nothing_of_the_walk_itself_is_in_the_image(heap: Heap) -> None:
    instances = {heap.type(node) for node in range(heap.image.node_count)}
    assert not [name for name in instances if name.startswith("leakguard.capture")]
    assert "leakguard.image.builder.ImageBuilder" not in instances
    assert max(len(heap.image.edges(node)) for node in range(heap.image.node_count)) < 20_000
    frames = [
        ident.name
        for node in range(heap.image.node_count)
        if heap.type(node) == "<frame>" and (ident := heap.image.ident_of(node)) is not None
    ]
    assert frames
    assert not [name for name in frames if name.startswith("leakguard")]


def test_few_objects_are_unexplained(heap: Heap) -> None:
    held = [
        node
        for node, kind in heap.roots.items()
        if kind is RootKind.C_HELD
        and heap.image.type_kind[heap.image.node_type[node]]
        in (TypeKind.LIST, TypeKind.FUNCTION, TypeKind.CELL, TypeKind.GENERATOR, TypeKind.OTHER)
    ]
    assert len(held) < 150


def test_no_code_of_the_application_runs(tmp_path: Path) -> None:
    code = """
        shop.CALLED.clear()
        capture_portable(sys.argv[1] + "/hostile.lgheap", meta={})
        print(json.dumps(shop.CALLED))
        sys.stdout.flush()
        import os
        os._exit(0)
    """
    assert json.loads(run(tmp_path, code, shop=CALLS)) == []
    with HeapImage.open(tmp_path / "hostile.lgheap") as image:
        names = {image.type_name(index) for index in range(image.type_count)}
        for base in ("object", "dict", "list", "tuple", "int", "str", "bytes", "set"):
            assert f"shop.Hostile{base}" in names


def test_the_process_is_as_it_was(tmp_path: Path) -> None:
    code = """
        import _thread
        def state():
            counts = [sys.getrefcount(item) for item in (shop.CART, shop.RECORDS, shop.SALE)]
            return counts, gc.isenabled(), sys.getswitchinterval(), "numpy" in sys.modules
        before = state()
        for _ in range(2):
            capture_portable(sys.argv[1] + "/x.lgheap", meta={})
        assert state() == before, (state(), before)
        assert not any(type(item) is dict for item in gc.get_referents(shop.CART))
        assert not any(type(item) is dict for item in gc.get_referents(shop.SHARED[0]))
        gc.collect()
        objects = len(gc.get_objects())
        capture_portable(sys.argv[1] + "/x.lgheap", meta={})
        gc.collect()
        grown = len(gc.get_objects()) - objects
        assert grown < 100, grown
        print("unchanged")
    """
    assert run(tmp_path, code).split() == ["unchanged"]


def test_locals_shown_to_the_application_stay(tmp_path: Path) -> None:
    code = """
        def show():
            number = [1]
            shown = locals()
            capture_portable(sys.argv[1] + "/x.lgheap", meta={})
            return shown["number"] is number, number
        assert show()[0]
        import weakref
        class Gone: pass
        def waiting():
            gone = Gone()
            yield weakref.ref(gone)
            del gone
            yield
        waiter = waiting()
        watched = next(waiter)
        capture_portable(sys.argv[1] + "/x.lgheap", meta={})
        next(waiter)
        print(watched() is None)
    """
    assert run(tmp_path, code).split() == ["True"]


def test_frozen_objects_are_reached(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        gc.freeze()
        assert not any(item is shop.RECORDS for item in gc.get_objects())
        capture_portable(sys.argv[1] + "/x.lgheap", meta={})
        """,
    )
    with HeapImage.open(tmp_path / "x.lgheap") as image:
        frozen = Heap(image, b"", "")
        assert len(frozen.steps(frozen.shop("RECORDS"))) == 3


@pytest.mark.parametrize(
    ("limit", "message"),
    [("deadline=0.0", "did not finish in time"), ("should_stop=lambda: True", "cancelled")],
)
def test_a_capture_can_be_ended(tmp_path: Path, limit: str, message: str) -> None:
    said = run(
        tmp_path,
        f"""
        import os
        from leakguard.errors import CaptureError
        try:
            capture_portable(sys.argv[1] + "/x.lgheap", {limit}, meta={{}})
        except CaptureError as error:
            print(error)
        assert gc.isenabled()
        assert sys.getswitchinterval() < 1
        assert not os.path.exists(sys.argv[1] + "/x.lgheap")
        """,
    )
    assert message in said


def test_sizes_are_those_that_python_tells(tmp_path: Path) -> None:
    code = """
        capture_portable(sys.argv[1] + "/x.lgheap", meta={})
        names = ("RECENT", "MEMBERS", "SLOTTED", "PARTIAL", "METHOD", "LOCAL", "SHARED", "FAILURE")
        print(json.dumps({name: sys.getsizeof(getattr(shop, name)) for name in names}))
        print(json.dumps(sys.getsizeof(shop.OPENED)))
    """
    sizes, opened = map(json.loads, run(tmp_path, code).splitlines())
    with HeapImage.open(tmp_path / "x.lgheap") as image:
        heap = Heap(image, b"", "")
        for name, size in sizes.items():
            node = heap.shop(name)
            if image.node_folded[node] == 0:
                assert (name, image.node_size[node]) == (name, size)
            else:
                assert image.node_size[node] > size
        inline = image.node_size[heap.to(heap.shop("SHARED"), EdgeKind.INDEX, 0)]
        assert opened <= inline <= opened + 6 * 8


def test_two_captures_in_one_process(tmp_path: Path) -> None:
    code = """
        import os
        from leakguard.capture import capture
        for _ in range(2):
            descriptor = os.memfd_create("image")
            outcome = capture([descriptor], method="portable")
            assert outcome.method == "portable"
            assert os.fstat(descriptor).st_size > 100_000
        print("both")
    """
    assert run(tmp_path, code).split() == ["both"]


def test_a_descriptor_is_as_good(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        with open(sys.argv[1] + "/x.lgheap", "wb") as file:
            capture_portable(file.fileno(), meta={"app": "x"})
        """,
    )
    with HeapImage.open(tmp_path / "x.lgheap") as image:
        facts: dict[str, Any] = image.meta
        assert facts["app"] == "x"
        assert facts["capture"] == "portable"
