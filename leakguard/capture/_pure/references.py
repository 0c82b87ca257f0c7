"""How an object refers to each of its targets: the labels of its edges."""

from __future__ import annotations

import types
from collections import deque
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from leakguard.capture._pure import raw
from leakguard.capture._pure.attributes import attribute_claims
from leakguard.capture._pure.fields import BUILTIN_FIELDS, generator_fields
from leakguard.capture._pure.frames import frame_locals, suspended_locals
from leakguard.capture._pure.names import CodeNames, key_label
from leakguard.capture._pure.reach import Known, Reach, hidden
from leakguard.image import EdgeKind, TypeKind

if TYPE_CHECKING:
    from leakguard.capture._pure.classes import Class
    from leakguard.capture._pure.heap import Heap

Claims = list[tuple[str | int, EdgeKind, object]]

_LRU_ELEMENT: Final = "_lru_list_elem"


class References:
    """Labels the references of the objects of one heap."""

    def __init__(self, heap: Heap) -> None:
        self._referents = Reach().referents
        self.names = CodeNames(heap.objects)
        self._free_variables: dict[int, list[str]] = {}
        for item in heap.objects:
            if type(item) is types.FunctionType and item.__closure__ is not None:
                names = raw.local_names(item.__code__)
                free = names[len(names) - len(item.__closure__) :]
                self._free_variables[id(item.__closure__)] = free

    def of(self, item: object, klass: Class) -> list[Known]:
        """Every reference of an object, once for each time that the target's count was raised.

        First come those whose place is known, then those that the collector shows besides.
        """
        known = self._placed(item, klass)
        placed: dict[int, int] = {}
        for _, _, target in known:
            placed[id(target)] = placed.get(id(target), 0) + 1
        rest: list[object] = []
        for target in self._referents(item):
            if placed.get(id(target), 0):
                placed[id(target)] -= 1
            else:
                rest.append(target)
        if klass.flags & raw.FLAG_HEAP_TYPE and all(target is not type(item) for target in rest):
            known.append((EdgeKind.SLOT, "__class__", type(item)))
        return known + self._claimed(item, klass, rest)

    def _placed(self, item: Any, klass: Class) -> list[Known]:
        if klass.kind is TypeKind.DICT:
            found: list[Known] = []
            for position, (key, value) in enumerate(list(dict.items(item))):
                found.append((*key_label(key, self.names), value))
                found.append((EdgeKind.DICT_KEY, position, key))
            return found
        if klass.flags & raw.FLAG_LIST:
            return [(EdgeKind.INDEX, at, value) for at, value in enumerate(list.__iter__(item))]
        if klass.flags & raw.FLAG_TUPLE:
            free = self._free_variables.get(id(item))
            if free is not None:
                return [(EdgeKind.CELL, name, cell) for name, cell in zip(free, item, strict=False)]
            return [(EdgeKind.INDEX, at, value) for at, value in enumerate(tuple.__iter__(item))]
        if klass.kind is TypeKind.DEQUE:
            values = list(deque.__iter__(item))
            return [(EdgeKind.INDEX, at, value) for at, value in enumerate(values)]
        return hidden(item)

    def _claimed(self, item: object, klass: Class, rest: list[object]) -> list[Known]:
        if not rest:
            return []
        if klass.kind is TypeKind.LRU_CACHE:
            return _cached(item, rest)
        if klass.kind is TypeKind.HAMT:
            return _context_variables(rest)
        labels: dict[int, list[tuple[EdgeKind, str | int]]] = {}
        for name, kind, target in self._claims(item, klass, rest):
            labels.setdefault(id(target), []).append((kind, name))
        default = _DEFAULTS.get(klass.kind, EdgeKind.OTHER)
        found: list[Known] = []
        for ordinal, target in enumerate(rest):
            claims = labels.get(id(target))
            kind, name = claims.pop(0) if claims else (default, ordinal)
            found.append((kind, name, target))
        return found

    def _claims(self, item: Any, klass: Class, rest: list[object]) -> Claims:
        claims: Claims = []
        if klass.kind is TypeKind.GENERATOR:
            claims += [(name, EdgeKind.LOCAL, value) for name, value in suspended_locals(item)]
            claims += _cells(claims, rest)
            claims += generator_fields(item)
            claims += [
                ("function", EdgeKind.SLOT, target)
                for target in rest
                if type(target) is types.FunctionType and not _names(claims, target)
            ]
        elif klass.kind is TypeKind.FRAME:
            claims += [(name, EdgeKind.LOCAL, value) for name, value in frame_locals(item)]
            claims += _cells(claims, rest)
            claims.append(("f_back", EdgeKind.SLOT, item.f_back))
        elif klass.kind is TypeKind.CELL:
            claims += [("cell_contents", EdgeKind.SLOT, target) for target in rest]
        elif klass.kind is TypeKind.WEAKREF:
            claims += [
                ("__callback__", EdgeKind.SLOT, target)
                for target in rest
                if target is not type(item)
            ]
        elif klass.kind is TypeKind.THREAD_LOCAL:
            claims += [
                ("thread-local data", EdgeKind.SLOT, target)
                for target in rest
                if type(target) is dict
            ]
        elif klass.kind is TypeKind.CONTEXT:
            claims += [
                (
                    "variables" if type(target) is not type(item) else "previous context",
                    EdgeKind.SLOT,
                    target,
                )
                for target in rest
            ]
        for name, read in BUILTIN_FIELDS.get(klass.kind, ()):
            claims.append((name, EdgeKind.SLOT, read(item)))
        for name, member in klass.members:
            try:
                value = member.__get__(item)
            except AttributeError:
                continue
            kind = EdgeKind.SLOT if name.startswith("__") else EdgeKind.ATTR
            claims.append((name, kind, value))
        claims.append(("__class__", EdgeKind.SLOT, type(item)))
        return claims + attribute_claims(item, klass, rest, claims, self.names)


_DEFAULTS: Final = {TypeKind.SET: EdgeKind.SET_ITEM, TypeKind.GENERATOR: EdgeKind.STACK}


def _cells(locals_found: Claims, rest: list[object]) -> Claims:
    """Names for the cells of a generator: `locals()` shows what is in them."""
    names = {id(value): name for name, _, value in locals_found}
    direct = {id(target) for target in rest}
    return [
        (names[id(target.cell_contents)], EdgeKind.LOCAL, target)
        for target in rest
        if type(target) is types.CellType
        and _is_filled(target)
        and id(target.cell_contents) in names
        and id(target.cell_contents) not in direct
    ]


def _names(claims: Claims, wanted: object) -> bool:
    return any(target is wanted for _, _, target in claims)


def _is_filled(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 (an empty cell raises)
    except ValueError:
        return False
    return True


def _cached(wrapper: object, rest: list[object]) -> list[Known]:
    """References of an `lru_cache` wrapper: its links' first, three for each, then its own."""
    at = 1 if rest[0] is type(wrapper) else 0
    found: list[Known] = [(EdgeKind.SLOT, "__class__", target) for target in rest[:at]]
    while at + 2 < len(rest) and _is_link_type(rest[at + 2]):
        found.append((EdgeKind.SLOT, "cached key", rest[at]))
        found.append((EdgeKind.SLOT, "cached result", rest[at + 1]))
        found.append((EdgeKind.OTHER, at + 2, rest[at + 2]))
        at += 3
    dicts = iter(("cache", "__dict__"))
    for ordinal, target in enumerate(rest[at:], at):
        if type(target) is dict:
            found.append((EdgeKind.SLOT, next(dicts, "__dict__"), target))
        elif type(target) is types.FunctionType:
            found.append((EdgeKind.SLOT, "__wrapped__", target))
        else:
            found.append((EdgeKind.OTHER, ordinal, target))
    return found


def _is_link_type(target: object) -> bool:
    return (
        bool(raw.type_flags(type(target)) & raw.FLAG_TYPE) and raw.type_name(target) == _LRU_ELEMENT
    )


def _context_variables(rest: list[object]) -> list[Known]:
    """References of a context's mapping: each variable comes after its value, or is a node."""
    found: list[Known] = []
    variable: object = None
    for ordinal, target in reversed(list(enumerate(rest))):
        if variable is not None:
            name = raw.context_var_name(variable)
            found.append((EdgeKind.CONTEXT_VAR, str(name), target))
            variable = None
            continue
        found.append((EdgeKind.OTHER, ordinal, target))
        if type(target) is ContextVar:
            variable = target
    return found
