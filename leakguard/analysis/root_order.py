"""In which order paths start at the roots: the same in every image of a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis.origin import origin_of
from leakguard.image import Ident, RootKind, TypeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leakguard.image import HeapImage

_NAMED_KINDS = frozenset({TypeKind.TYPE, TypeKind.THREAD})


def roots_in_order(image: HeapImage) -> list[tuple[int, int]]:
    """The roots with their kinds, as paths should start there: modules first.

    An image has them in the order of the collector's lists, which each collection changes; two
    modules that refer to one object must not take turns in holding it. So modules go by whose they
    are, then as they stand in `sys.modules`: where an object was made is told rather than who
    imported it from there, and what is imported late takes nothing from those that were there. The
    others go by the names of their types, classes and threads by their own.
    """
    modules: list[int] = []
    others: dict[tuple[int, int], list[int]] = {}
    for node, kind in zip(image.root_node, image.root_kind, strict=True):
        if kind == RootKind.MODULE:
            modules.append(node)
        else:
            others.setdefault((image.node_type[node], kind), []).append(node)
    places = _places_in_sys_modules(image, modules)

    def turn(node: int) -> tuple[int, bool, int]:
        ident = _ident(image, node)
        return (
            origin_of(ident.name, ident.file),
            ident.name == "__main__",  # it imports from all others
            places.get(node, len(places)),
        )

    found: list[tuple[int, int]] = [
        (node, int(RootKind.MODULE)) for node in sorted(modules, key=turn)
    ]
    for type_index, kind in sorted(others, key=lambda key: (image.type_name(key[0]), key)):
        alike = others[type_index, kind]
        if image.type_kind[type_index] in _NAMED_KINDS:
            alike.sort(key=lambda node: _ident(image, node).name)
        found += [(node, kind) for node in alike]
    return found


def _places_in_sys_modules(image: HeapImage, modules: list[int]) -> dict[int, int]:
    """Which module is the first, the second... in `sys.modules`; empty where that is not found."""
    wanted = set(modules)
    found: dict[int, int] = {}
    for node in modules:
        if _ident(image, node).name == "sys":
            for table in _values_named(image, node, "modules"):
                for edge in image.edges(table):
                    target = image.edge_target[edge]
                    if target in wanted:
                        found.setdefault(target, len(found))
    return found


def _values_named(image: HeapImage, node: int, name: str) -> Iterator[int]:
    """What an object has by that name: its own references, and those of its `__dict__`."""
    for edge in image.edges(node):
        label, target = image.label(edge), image.edge_target[edge]
        if label.name == name:
            yield target
        elif label.name == "__dict__":
            yield from _values_named(image, target, name)


def _ident(image: HeapImage, node: int) -> Ident:
    return image.ident_of(node) or Ident("")
