"""What the walk needs to know of each class, found once."""

from __future__ import annotations

import asyncio
import collections
import contextvars
import functools
import sys
import threading
import types
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from leakguard.capture._pure import raw
from leakguard.image import Ident, TypeKind
from leakguard.image.format import TYPE_FLAG_GC, TYPE_FLAG_PYTHON_CLASS

if TYPE_CHECKING:
    from leakguard.image import ImageBuilder

_KINDS: Final[dict[int, TypeKind]] = {
    id(klass): kind
    for klass, kind in (
        (type(None), TypeKind.NONE),
        (str, TypeKind.STR),
        (bytes, TypeKind.BYTES),
        (bool, TypeKind.BOOL),
        (int, TypeKind.INT),
        (float, TypeKind.FLOAT),
        (complex, TypeKind.COMPLEX),
        (bytearray, TypeKind.BYTEARRAY),
        (dict, TypeKind.DICT),
        (list, TypeKind.LIST),
        (tuple, TypeKind.TUPLE),
        (set, TypeKind.SET),
        (frozenset, TypeKind.SET),
        (type, TypeKind.TYPE),
        (types.CodeType, TypeKind.CODE),
        (types.FunctionType, TypeKind.FUNCTION),
        (types.ModuleType, TypeKind.MODULE),
        (types.CellType, TypeKind.CELL),
        (types.GeneratorType, TypeKind.GENERATOR),
        (types.CoroutineType, TypeKind.GENERATOR),
        (types.AsyncGeneratorType, TypeKind.GENERATOR),
        (types.FrameType, TypeKind.FRAME),
        (types.MethodType, TypeKind.METHOD),
        (collections.deque, TypeKind.DEQUE),
        (weakref.ref, TypeKind.WEAKREF),
        (weakref.ProxyType, TypeKind.WEAKREF),
        (weakref.CallableProxyType, TypeKind.WEAKREF),
        (contextvars.Context, TypeKind.CONTEXT),
        (functools._lru_cache_wrapper, TypeKind.LRU_CACHE),
        (threading.local, TypeKind.THREAD_LOCAL),
        (asyncio.Task, TypeKind.TASK),
        (BaseException, TypeKind.EXCEPTION),
        (types.TracebackType, TypeKind.TRACEBACK),
        (types.BuiltinFunctionType, TypeKind.BUILTIN_FUNCTION),
        (functools.partial, TypeKind.PARTIAL),
    )
}
_KINDS_BY_NAME: Final = {
    "hamt": TypeKind.HAMT,
    "hamt_bitmap_node": TypeKind.HAMT,
    "hamt_array_node": TypeKind.HAMT,
    "hamt_collision_node": TypeKind.HAMT,
    "_thread._localdummy": TypeKind.THREAD_LOCAL,
    "numpy.ndarray": TypeKind.NUMPY_ARRAY,
}


@dataclass(slots=True)
class Class:
    """A class of the heap that is walked.

    `members` are the descriptors of its `__slots__` and C members; `names` the attributes that
    instances were seen to hold inline; `searches` how often all names were tried to find more.
    """

    index: int
    kind: TypeKind
    flags: int
    has_dict: bool
    own_size: bool
    members: list[tuple[str, Any]]
    class_attributes: set[str]
    names: list[str] = field(default_factory=list)
    searches: int = 0


class Classes:
    """Finds and keeps the Class of every type object, by address."""

    def __init__(self, builder: ImageBuilder) -> None:
        self._builder = builder
        self._known: dict[int, Class] = {}

    def of(self, item: object) -> Class:
        """The class of an object."""
        klass = type(item)
        known = self._known.get(id(klass))
        if known is None:
            known = self._known[id(klass)] = self._describe(klass)
        return known

    def _describe(self, klass: type) -> Class:
        flags = raw.type_flags(klass)
        mro = raw.type_mro(klass)
        name = qualified_name(klass)
        ident = class_ident(klass)
        python = bool(flags & raw.FLAG_HEAP_TYPE) and _written_in_python(klass)
        kind = _KINDS_BY_NAME.get(name, TypeKind.OTHER)
        members: list[tuple[str, Any]] = []
        attributes: set[str] = set()
        own_size: bool | None = None
        for base in mro:
            namespace = raw.type_namespace(base)
            if kind is TypeKind.OTHER:
                kind = _KINDS.get(id(base), _KINDS_BY_NAME.get(qualified_name(base), kind))
            if own_size is None and "__sizeof__" in namespace:
                own_size = type(namespace["__sizeof__"]) is types.MethodDescriptorType
            attributes.update(key for key in namespace if type(key) is str)
            members += [
                (key, value)
                for key, value in namespace.items()
                if type(value) is types.MemberDescriptorType
            ]
        return Class(
            index=self._builder.type(
                name,
                kind,
                (TYPE_FLAG_GC if flags & raw.FLAG_GC else 0)
                | (TYPE_FLAG_PYTHON_CLASS if python else 0),
                ident if python else None,
            ),
            kind=kind,
            flags=flags,
            has_dict=raw.type_dict_offset(klass) != 0,
            own_size=bool(own_size),
            members=members,
            class_attributes=attributes,
        )


def qualified_name(klass: type) -> str:
    """`module.QualName`, only the name for builtins."""
    name, module = raw.type_qualname(klass), raw.type_module(klass)
    if type(module) is not str or module == "builtins":
        return str(name)
    return f"{module}.{name}"


def class_ident(klass: type) -> Ident:
    """The class's name, its module's file, and the line of the class or of its first method."""
    namespace = raw.type_namespace(klass)
    codes = [
        value.__code__
        for value in namespace.values()
        if type(value) is types.FunctionType
        and value.__code__.co_qualname.startswith(raw.type_qualname(klass) + ".")
    ]
    first = min(codes, key=lambda code: code.co_firstlineno, default=None)
    line = namespace.get("__firstlineno__")
    file = first.co_filename if first is not None else _module_file(raw.type_module(klass))
    if type(line) is not int:
        line = first.co_firstlineno if first is not None else None
    return Ident(qualified_name(klass), file, line)


def _module_file(name: object) -> str | None:
    module = sys.modules.get(name) if type(name) is str else None
    if module is None or type(module) is not types.ModuleType:
        return None
    file = (raw.module_dict(module) or {}).get("__file__")
    return file if type(file) is str else None


def _written_in_python(klass: type) -> bool:
    namespace = raw.type_namespace(klass)
    return any(
        name in namespace
        for name in ("__dict__", "__weakref__", "__slots__", "__static_attributes__")
    ) or any(type(value) is types.FunctionType for value in namespace.values())
