"""Internal fields of builtin types that can be read without side effects."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any, Final

from leakguard.capture._pure import raw
from leakguard.image import EdgeKind, TypeKind

if TYPE_CHECKING:
    from collections.abc import Callable


def _fields(owner: type, *names: str) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    return tuple((name, owner.__dict__[name].__get__) for name in names if name in owner.__dict__)


BUILTIN_FIELDS: Final = {
    # not __dict__ and __annotations__: asking for them makes them
    TypeKind.FUNCTION: _fields(
        types.FunctionType,
        "__code__",
        "__globals__",
        "__builtins__",
        "__defaults__",
        "__kwdefaults__",
        "__closure__",
        "__name__",
        "__qualname__",
    ),
    TypeKind.METHOD: _fields(types.MethodType, "__func__", "__self__"),
    TypeKind.BUILTIN_FUNCTION: _fields(types.BuiltinFunctionType, "__self__", "__module__"),
    TypeKind.EXCEPTION: _fields(BaseException, "args", "__traceback__", "__context__", "__cause__"),
    TypeKind.TRACEBACK: _fields(types.TracebackType, "tb_next", "tb_frame"),
    TypeKind.TYPE: (
        ("__mro__", raw.type_mro),
        ("__bases__", raw.type_bases),
        ("__base__", raw.type_base),
    ),
}
"""Field name and reader, by the kind of type."""

_GENERATOR_FIELDS: Final = {
    id(owner): _fields(owner, "__name__", "__qualname__", f"{prefix}_code")
    for owner, prefix in (
        (types.GeneratorType, "gi"),
        (types.CoroutineType, "cr"),
        (types.AsyncGeneratorType, "ag"),
    )
}


def generator_fields(generator: Any) -> list[tuple[str | int, EdgeKind, object]]:
    """Name, kind and target of what a generator or coroutine holds besides its variables."""
    found: list[tuple[str | int, EdgeKind, object]] = []
    for name, read in _GENERATOR_FIELDS.get(id(type(generator)), ()):
        target = read(generator)
        shown = "__code__" if name.endswith("_code") else name
        # the code is referred to by the generator and by its frame
        found += [(shown, EdgeKind.SLOT, target)] * 2
    return found
