"""Shallow sizes, without asking a class of the application for them."""

from __future__ import annotations

import builtins
import importlib.util
import sys
from typing import TYPE_CHECKING, Any, Final

from leakguard.capture._pure import raw

if TYPE_CHECKING:
    from leakguard.capture._pure.classes import Class

_GC_HEADER: Final = 2 * raw.POINTER
_MANAGED_HEADER: Final = 2 * raw.POINTER
_INLINE_HEADER: Final = 2 * raw.POINTER


def _load_asizeof() -> Any:
    """pympler's asizeof, which would import NumPy into a server that does without it."""
    loaded = sys.modules.get("pympler.asizeof")
    if loaded is not None:
        return loaded

    def import_lightly(name: str, *arguments: Any, **options: Any) -> Any:
        if name.partition(".")[0] == "numpy" and "numpy" not in sys.modules:
            raise ImportError("NumPy is not in use here")
        return builtins.__import__(name, *arguments, **options)

    spec = importlib.util.find_spec("pympler.asizeof")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    module.__dict__["__builtins__"] = {**vars(builtins), "__import__": import_lightly}
    # it looks itself up while it loads; afterwards the name is free for an application's own import
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[spec.name]
    return module


_asizeof: Final = _load_asizeof()
_SIZED_BY_PYMPLER: Final = frozenset(
    map(id, (str, bytes, int, float, complex, bytearray, dict, list, tuple, set, frozenset))
)


def shallow_size(item: object, klass: Class, inline_values: int) -> int:
    """Bytes of the object itself with its GC header, buffers and inline attribute values.

    The basic size where only a `__sizeof__` written in Python would know more.
    """
    if id(type(item)) in _SIZED_BY_PYMPLER:
        return int(_asizeof.flatsize(item))
    size = _own_size(item, klass)
    if inline_values and not klass.flags & raw.FLAG_INLINE_VALUES:
        # before 3.13 the values are a block of their own, which sys.getsizeof does not see; its
        # unused places cannot be asked for, and become few as the class gets more instances
        size += _INLINE_HEADER + inline_values * raw.POINTER
    return size


def _own_size(item: object, klass: Class) -> int:
    if klass.own_size:
        try:
            return sys.getsizeof(item)
        except Exception:
            # an extension's __sizeof__ may fail on a half-made object
            return _basic_size(item, klass)
    return _basic_size(item, klass)


def _basic_size(item: object, klass: Class) -> int:
    return (
        int(raw.type_basic_size(type(item)))
        + (_GC_HEADER if klass.flags & raw.FLAG_GC else 0)
        + (_MANAGED_HEADER if klass.flags & raw.FLAG_MANAGED else 0)
    )
