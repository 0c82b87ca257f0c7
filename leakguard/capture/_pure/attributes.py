"""Attributes of instances: in a `__dict__`, or in values beside the object.

Asking an instance for its `__dict__` would make one, so the dict is recognised among what the
collector shows, and inline values are found by trying names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from leakguard.capture._pure import raw
from leakguard.image import EdgeKind, TypeKind

if TYPE_CHECKING:
    from leakguard.capture._pure.classes import Class
    from leakguard.capture._pure.names import CodeNames

Claims = list[tuple[str | int, EdgeKind, object]]

_MOST_SEARCHES: Final = 4


def attribute_claims(
    item: object, klass: Class, rest: list[object], claims: Claims, names: CodeNames
) -> Claims:
    """Labels for what `claims` does not explain: attribute values and the `__dict__`."""
    if klass.kind is TypeKind.MODULE:
        return [("__dict__", EdgeKind.SLOT, rest[0])]
    if klass.kind is TypeKind.FUNCTION:
        return _function_dicts(item, rest, claims)
    if klass.kind is TypeKind.TYPE:
        return [("__dict__", EdgeKind.SLOT, raw.type_namespace_dict(item))]  # type: ignore[arg-type] # the kind says it is a type
    if not klass.has_dict:
        return []
    explained = {id(target) for _, _, target in claims}
    open_targets = [target for target in rest if id(target) not in explained]
    if not open_targets:
        return []
    for target in open_targets:
        if type(target) is dict and _is_instance_dict(item, klass, target):
            return [("__dict__", EdgeKind.SLOT, target)]
    found = _inline(item, klass, open_targets, names)
    named = {id(target) for _, _, target in found}
    found += [
        ("__dict__", EdgeKind.SLOT, target)
        for target in open_targets
        if type(target) is dict and not target and id(target) not in named
    ][:1]
    return found


def _is_instance_dict(item: object, klass: Class, candidate: dict[Any, Any]) -> bool:
    for key, value in list(candidate.items()):
        if type(key) is str and key not in klass.class_attributes:
            return _attribute(item, key) is value
    return False


def _inline(item: object, klass: Class, wanted: list[object], names: CodeNames) -> Claims:
    if not klass.flags & raw.FLAG_MANAGED_DICT:
        return []
    ids = {id(target) for target in wanted}
    found = _try(item, klass.names, ids)
    if len({id(target) for _, _, target in found}) < len(ids) and klass.searches < _MOST_SEARCHES:
        klass.searches += 1
        known = set(klass.names)
        fresh = (
            name
            for name in names.attributes
            if name not in known and name not in klass.class_attributes
        )
        more = _try(item, fresh, ids)
        klass.names += [str(name) for name, _, _ in more]
        found += more
    return found


def _try(item: object, candidates: Any, ids: set[int]) -> Claims:
    found: Claims = []
    for name in candidates:
        value = _attribute(item, name)
        if id(value) in ids:
            found.append((name, EdgeKind.ATTR, value))
    return found


_MISSING: Final = object()


def _attribute(item: object, name: str) -> object:
    """An attribute of the instance itself; `name` must not be an attribute of its class."""
    try:
        return object.__getattribute__(item, name)
    except AttributeError:
        return _MISSING


def _function_dicts(function: Any, rest: list[object], claims: Claims) -> Claims:
    explained = {id(target) for _, _, target in claims}
    dicts = [target for target in rest if type(target) is dict and id(target) not in explained]
    # traversed in this order; a function with one of them has far more often its annotations made
    if len(dicts) == 2:
        return [
            ("__dict__", EdgeKind.SLOT, dicts[0]),
            ("__annotations__", EdgeKind.SLOT, dicts[1]),
        ]
    variables = {"return", *raw.local_names(function.__code__)}
    return [
        (
            "__annotations__"
            if target and all(type(key) is str and key in variables for key in target)
            else "__dict__",
            EdgeKind.SLOT,
            target,
        )
        for target in dicts
    ]
