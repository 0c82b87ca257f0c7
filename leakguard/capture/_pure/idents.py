"""What objects are called in code, and how many items a bounded container may hold."""

from __future__ import annotations

import functools
import gc
import types
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from leakguard.capture._pure import raw
from leakguard.capture._pure.bounds import bound_of_instance
from leakguard.capture._pure.frames import frame_of
from leakguard.image import Ident, TypeKind

if TYPE_CHECKING:
    from leakguard.capture._pure.classes import Class

_function_module: Final = types.FunctionType.__dict__["__module__"].__get__
_maxlen: Final = deque.__dict__["maxlen"].__get__
_cache_info: Final = functools._lru_cache_wrapper.__dict__["cache_info"]


def ident_and_bound(item: Any, klass: Class) -> tuple[Ident | None, int | None]:
    """Both, None where there is none."""
    match klass.kind:
        case TypeKind.FUNCTION:
            return _function(item), None
        case TypeKind.CODE:
            return _code(item, None), None
        case TypeKind.GENERATOR:
            frame = frame_of(item)
            return None if frame is None else _frame_start(frame), None
        case TypeKind.FRAME:
            module = item.f_globals.get("__name__")
            return _code(item.f_code, module, item.f_lineno), None
        case TypeKind.MODULE:
            return _module(item), None
        case TypeKind.LRU_CACHE:
            return _wrapped(item), _cache_info(item).maxsize
        case TypeKind.DEQUE:
            return None, _maxlen(item)
    return None, bound_of_instance(item)


def _function(function: types.FunctionType) -> Ident:
    return _code(function.__code__, _function_module(function))


def _code(code: types.CodeType, module: object, line: int | None = None) -> Ident:
    name = f"{module}.{code.co_qualname}" if type(module) is str else code.co_qualname
    return Ident(name, code.co_filename, line or code.co_firstlineno)


def _frame_start(frame: types.FrameType) -> Ident:
    return _code(frame.f_code, frame.f_globals.get("__name__"))


def _module(module: object) -> Ident | None:
    namespace = raw.module_dict(module) or {}
    name, file = namespace.get("__name__"), namespace.get("__file__")
    if type(name) is not str:
        return None
    return Ident(name, file if type(file) is str else None)


def _wrapped(wrapper: object) -> Ident | None:
    functions = (item for item in gc.get_referents(wrapper) if type(item) is types.FunctionType)
    function = next(functions, None)
    return None if function is None else _function(function)
