"""What an object refers to: what its type's traverse function shows, and what that leaves out."""

from __future__ import annotations

import datetime
import gc
import sys
import types
from typing import TYPE_CHECKING, Any, Final

from leakguard.capture._pure import raw
from leakguard.image import EdgeKind

if TYPE_CHECKING:
    from collections.abc import Callable

Known = tuple[EdgeKind, str | int, object]

_CODE_FIELDS: Final = (
    "co_consts",
    "co_names",
    "co_filename",
    "co_name",
    "co_qualname",
    "co_linetable",
    "co_exceptiontable",
)


class Reach:
    """Lists references; keeps which classes are modules, by address, for the length of a walk."""

    def __init__(self) -> None:
        self._module_classes: dict[int, bool] = {}

    def referents(self, item: object) -> list[object]:
        """The references that the garbage collector would follow.

        Not asked of modules: on some CPython versions a module's traverse function shows objects
        that are already free, and `gc.get_referents` would revive them.
        """
        klass = type(item)
        is_module = self._module_classes.get(id(klass))
        if is_module is None:
            is_module = any(base is types.ModuleType for base in raw.type_mro(klass))
            self._module_classes[id(klass)] = is_module
        if not is_module:
            return gc.get_referents(item)
        namespace = raw.module_dict(item)
        return [] if namespace is None else [namespace]

    def targets(self, item: object) -> list[object]:
        """Everything that an object refers to, some of it twice."""
        found = self.referents(item)
        flags = raw.type_flags(type(item))
        if flags & raw.FLAG_DICT:
            # the traverse function leaves out the keys where all are strings
            found += dict.keys(item)  # type: ignore[arg-type] # the flag says it is a dict
        elif flags & (raw.FLAG_LIST | raw.FLAG_TUPLE) == 0:
            found += [target for _, _, target in hidden(item)]
        if flags & raw.FLAG_HEAP_TYPE:
            found.append(type(item))
        return found


def hidden(item: object) -> list[Known]:
    """References that count and that no traverse function shows."""
    klass = type(item)
    find = _HIDDEN.get(id(klass))
    if find is not None:
        return find(item)
    if raw.type_flags(klass) & raw.FLAG_TYPE:
        return _type_fields(item)
    if _is_numpy_array(klass):
        return _numpy_items(item)
    return []


def _code_fields(code: Any) -> list[Known]:
    fields: list[Known] = [(EdgeKind.SLOT, name, getattr(code, name)) for name in _CODE_FIELDS]
    names = enumerate(raw.local_names(code))
    return fields + [(EdgeKind.OTHER, position, name) for position, name in names]


def _type_fields(klass: Any) -> list[Known]:
    if raw.type_flags(klass) & raw.FLAG_HEAP_TYPE:
        return [
            (EdgeKind.SLOT, "__name__", raw.type_name(klass)),
            (EdgeKind.SLOT, "__qualname__", raw.type_qualname(klass)),
        ]
    return [
        (EdgeKind.SLOT, "__dict__", raw.type_namespace_dict(klass)),
        (EdgeKind.SLOT, "__mro__", raw.type_mro(klass)),
        (EdgeKind.SLOT, "__bases__", raw.type_bases(klass)),
    ]


def _datetime_fields(item: Any) -> list[Known]:
    return [(EdgeKind.SLOT, "tzinfo", item.tzinfo)]


_HIDDEN: Final[dict[int, Callable[[Any], list[Known]]]] = {
    id(types.CodeType): _code_fields,
    id(datetime.datetime): _datetime_fields,
    id(datetime.time): _datetime_fields,
}


def _is_numpy_array(klass: type) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and klass is numpy.ndarray


def _numpy_items(array: Any) -> list[Known]:
    found: list[Known] = []
    if array.base is not None:
        found.append((EdgeKind.SLOT, "base", array.base))
    elif array.dtype.kind == "O":
        found += [(EdgeKind.INDEX, position, item) for position, item in enumerate(array.flat)]
    return found
