"""No code of the application runs during a capture: whatever could run here counts, and raises."""

from __future__ import annotations

import collections
import functools
import mmap
import sys
import threading
import types
from typing import TYPE_CHECKING, Any

import pytest

import leakguard
from leakguard import pipeline
from leakguard.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_METHODS = (
    "__sizeof__ __getattribute__ __getattr__ __hash__ __eq__ __lt__ __repr__ __str__ "
    "__format__ __len__ __length_hint__ __bool__ __iter__ __next__ __getitem__ __contains__ "
    "__call__ __dir__ __reduce__ __reduce_ex__ __copy__ __deepcopy__ __get__ __set__ "
    "__index__ __int__ __float__ __bytes__ __buffer__ __fspath__ __enter__ __instancecheck__ "
    "__subclasscheck__ __subclasses__ __missing__ __del__ __array__ __await__ mro keys items "
    "values is_alive "
)
_PROPERTIES = (
    "__class__ __dict__ __module__ __name__ __file__ __spec__ __code__ __closure__ "
    "__wrapped__ __self__ __func__ __annotations__ __mro__ __bases__ __array_interface__ "
    "nbytes base dtype name ident daemon gi_frame cr_frame ag_frame tb_frame f_locals "
    "cell_contents "
)
METHODS = _METHODS.split()
PROPERTIES = _PROPERTIES.split()
BASES: list[type] = [
    object,
    dict,
    list,
    tuple,
    set,
    str,
    int,
    float,
    bytes,
    bytearray,
    Exception,
    collections.deque,
    collections.OrderedDict,
    collections.defaultdict,
    types.ModuleType,
    types.SimpleNamespace,
    threading.Thread,
    type,
]


class Trap:
    """Classes whose hooks count their calls while it is set, in memory shared with children."""

    def __init__(self) -> None:
        self.is_set = False
        self.names: list[str] = []
        self.methods: list[tuple[type, str, object]] = []
        self.calls = mmap.mmap(-1, 1 << 16)

    def make(self, base: type) -> type:
        properties = {name: property(self._getter(base, name)) for name in PROPERTIES}
        kind = type(base)(f"Trapped{base.__name__}", (base,), properties)
        for name in METHODS:
            if not (name == "__hash__" and base.__hash__ is None):
                self.methods.append((kind, name, self._method(base, name)))
        return kind

    def _method(self, base: type, name: str) -> Callable[..., Any]:
        place = self._place(base, name)

        def called(*arguments: object, **options: object) -> object:
            self.calls[place] = 1
            raise RuntimeError("code of the application was called")

        return called

    def _getter(self, base: type, name: str) -> Callable[..., Any]:
        called = self._method(base, name)

        def get(thing: Any) -> object:
            if self.is_set:
                return called()
            if name == "__class__":
                return type(thing)
            for kind in type.mro(base):
                if name in vars(kind):
                    return vars(kind)[name].__get__(thing, type(thing))
            raise AttributeError(name)

        return get

    def _place(self, base: type, name: str) -> int:
        self.names.append(f"{base.__name__}.{name}")
        return len(self.names) - 1

    def __enter__(self) -> None:
        for kind, name, called in self.methods:
            type.__setattr__(kind, name, called)
        self.is_set = True

    def __exit__(self, *exception: object) -> None:
        self.is_set = False
        for kind, name, _ in self.methods:
            type.__delattr__(kind, name)

    def sprung(self) -> list[str]:
        return [name for place, name in enumerate(self.names) if self.calls[place]]


def members(kind: type, base: type) -> Iterator[object]:
    """Instances of a class, as an application would make them."""
    if base is types.ModuleType:
        yield kind("trapped_module")
    elif base is threading.Thread:
        yield kind(name="trapped thread", daemon=True)
    elif base is type:
        yield kind("Trapped", (), {})
    elif base is float:
        yield kind(1.5)
    else:
        yield kind()


def captured(method: Any) -> list[str]:
    trap = Trap()
    held: list[Any] = []
    keys: dict[Any, Any] = {}
    for base in BASES:
        kind = trap.make(base)
        for thing in members(kind, base):
            held.append(thing)
            if kind.__hash__ is not None:
                keys[thing] = functools.partial(print, thing)
            if isinstance(thing, types.ModuleType):
                sys.modules["trapped_module"] = thing
            if isinstance(thing, threading.Thread):
                stop = threading.Event()
                thing._target = stop.wait
                thing.start()
            if isinstance(thing, type):  # whose metaclass is trapped
                held.append(thing())
    with trap:
        if method == "examine":
            nodes = pipeline.examine().snapshot.nodes
        elif method == "hang":
            nodes = hangs()
        else:
            with leakguard.snapshot(method=method) as image:
                nodes = image.node_count
    stop.set()
    del sys.modules["trapped_module"]
    assert nodes > 1000
    return trap.sprung()


def hangs() -> int:
    """The culprit is looked for among all classes, trapped ones too."""
    import misbehaving

    thing = misbehaving.Thing("hang")
    with pytest.raises(CaptureError, match=r"misbehaving\.Thing"):
        leakguard.snapshot(method="fork", timeout=0.5)
    del thing
    return 1 << 30


@pytest.mark.parametrize("method", ["fork", "inline", "portable", "examine", "hang"])
def test_no_hook_of_any_class_is_called(apart_misbehaving: Callable[..., Any], method: str) -> None:
    assert apart_misbehaving(captured, method) == []


def trap_works() -> list[str]:
    trap = Trap()
    thing = trap.make(list)()
    with trap:
        for use in (len, repr, sys.getsizeof, lambda it: it[0], lambda it: isinstance(it, dict)):
            with pytest.raises(RuntimeError):
                use(thing)
    return trap.sprung()


def test_the_trap_itself_would_notice(apart: Callable[..., Any]) -> None:
    assert sorted(apart(trap_works)) == [
        "list.__getattribute__",
        "list.__getitem__",
        "list.__len__",
        "list.__repr__",
        "list.__sizeof__",
    ]
