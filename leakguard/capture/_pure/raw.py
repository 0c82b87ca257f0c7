"""Looking at objects without running any code of theirs.

`x.attribute`, `isinstance`, `==`, `hash` and dict look-ups can all end in somebody's method. Here
types are read through the descriptors of `type` itself, and are told apart by flags and identity.
"""

from __future__ import annotations

import gc
import sys
import types
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FLAG_INLINE_VALUES: Final = 1 << 2
FLAG_MANAGED: Final = 1 << 3 | 1 << 4
FLAG_MANAGED_DICT: Final = 1 << 4
FLAG_HEAP_TYPE: Final = 1 << 9
FLAG_READY: Final = 1 << 12
FLAG_GC: Final = 1 << 14
FLAG_LIST: Final = 1 << 25
FLAG_TUPLE: Final = 1 << 26
FLAG_DICT: Final = 1 << 29
FLAG_TYPE: Final = 1 << 31

POINTER: Final = 8
LONGEST_NAME: Final = 64


def _getter(owner: type, name: str) -> Callable[[Any], Any]:
    get: Callable[[Any], Any] = owner.__dict__[name].__get__
    return get


type_flags = _getter(type, "__flags__")
type_basic_size = _getter(type, "__basicsize__")
type_dict_offset = _getter(type, "__dictoffset__")
type_mro = _getter(type, "__mro__")
type_base = _getter(type, "__base__")
type_name = _getter(type, "__name__")
type_qualname = _getter(type, "__qualname__")
type_module = _getter(type, "__module__")
module_dict = _getter(types.ModuleType, "__dict__")
context_var_name = _getter(ContextVar, "name")

_type_dict = _getter(type, "__dict__")
_type_bases = _getter(type, "__bases__")


def type_namespace(klass: type) -> Mapping[str, Any]:
    """The attributes that the class itself defines."""
    namespace: Mapping[str, Any] | None = _type_dict(klass)
    return namespace if namespace is not None else {}


def type_bases(klass: type) -> object:
    """The tuple of direct bases, None for a static type that is not ready: asking it crashes."""
    return _type_bases(klass) if type_flags(klass) & FLAG_READY else None


def type_namespace_dict(klass: type) -> object:
    """The dict object behind `type_namespace`, None for a static type that is not ready."""
    return next(iter(gc.get_referents(_type_dict(klass))), None)


_NOBODY_COUNTS_THAT_FAR: Final = 1 << 29

# what CPython 3.11 counts like everything else and never frees all the same
_NEVER_FREED: Final = frozenset(
    map(id, (None, True, False, Ellipsis, NotImplemented, (), "", b"", *range(-5, 257)))
)


def is_immortal(item: object) -> bool:
    """Whether the object is never freed, so that references to it say nothing."""
    if sys.getrefcount(item) > _NOBODY_COUNTS_THAT_FAR:
        return True
    if sys.version_info >= (3, 12):
        return False
    klass = type(item)
    if type_flags(klass) & FLAG_TYPE:
        return not type_flags(item) & FLAG_HEAP_TYPE
    return id(item) in _NEVER_FREED


def local_names(code: types.CodeType) -> list[str]:
    """Names of local, cell and free variables in the order of the frame's slots.

    `co_varnames` and its like are avoided where possible: the code object would keep the tuples
    that they make.
    """
    name_of = getattr(code, "_varname_from_oparg", None)
    if name_of is None:
        return [*code.co_varnames, *code.co_cellvars, *code.co_freevars]
    names: list[str] = []
    try:
        while True:
            names.append(name_of(len(names)))
    except IndexError:
        return names
