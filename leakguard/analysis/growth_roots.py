"""Where the paths of an image start, and which types the walk treats apart."""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING

from leakguard.analysis import _pathtree, quiet
from leakguard.analysis.root_order import roots_in_order
from leakguard.image import RootKind

if TYPE_CHECKING:
    from leakguard.image import HeapImage

_TIERS: dict[int, int] = {
    RootKind.MODULE: _pathtree.TIER_MODULE,
    RootKind.THREAD: _pathtree.TIER_THREAD,
    RootKind.C_HELD: _pathtree.TIER_C,
    RootKind.TYPE: _pathtree.TIER_TYPE,
    RootKind.IMMORTAL: _pathtree.TIER_IMMORTAL,
}
_LOOP = re.compile(r"(asyncio\..*EventLoop|uvloop\.(loop\.)?Loop|trio\._core\._run\.Runner)$")
_WEAK = frozenset(
    {
        "_weakrefset.WeakSet",
        "weakref.WeakKeyDictionary",
        "weakref.WeakSet",
        "weakref.WeakValueDictionary",
    }
)


def roots_of(image: HeapImage) -> tuple[array[int], array[int], array[int]]:
    """Roots in the order in which paths should start there: tiers, and whether they are quiet."""
    nodes, tiers, own = array("I"), array("B"), array("B")
    for node, kind in roots_in_order(image):
        ident = image.ident_of(node) if kind == RootKind.MODULE else None
        nodes.append(node)
        tiers.append(_TIERS.get(kind, _pathtree.TIER_C))
        own.append(ident is not None and quiet.is_leakguard_module(ident.name))
    return nodes, tiers, own


def roles_of(image: HeapImage) -> array[int]:
    """What each type is to the walk: a mask of `_pathtree.ROLE_`."""
    roles = array("B", bytes(image.type_count))
    for index in range(image.type_count):
        name = image.type_name(index)
        if _LOOP.match(name):
            roles[index] |= _pathtree.ROLE_LOOP
        if name in _WEAK:
            roles[index] |= _pathtree.ROLE_WEAK
        if quiet.is_bounded_type(name):
            roles[index] |= _pathtree.ROLE_BOUNDED
        if name.startswith("leakguard."):
            roles[index] |= _pathtree.ROLE_OWN
    return roles
