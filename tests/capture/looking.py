"""An image asked about the objects of the process that it was taken from."""

from __future__ import annotations

from typing import Any

import leakguard
from leakguard.image import EdgeKind, HeapImage


class Held:
    """What each holder below holds."""


class View:
    """An image, asked about objects of the process it was taken from."""

    def __init__(self, image: HeapImage) -> None:
        self.image = image
        self.node = {address: node for node, address in enumerate(image.node_address)}

    def references(self, holder: object) -> dict[int, tuple[EdgeKind, str]]:
        """Address of each object that the holder refers to -> how."""
        return self.references_of(self.node[id(holder)])

    def references_of(self, node: int) -> dict[int, tuple[EdgeKind, str]]:
        found = {}
        for edge in self.image.edges(node):
            label = self.image.label(edge)
            target = self.image.node_address[self.image.edge_target[edge]]
            found[target] = (label.kind, label.name)
        return found

    def attribute(self, holder: object, held: object) -> str | None:
        """The attribute that holds it: directly, or where this CPython keeps it, in the dict."""
        found = self.references(holder)
        for address, how in list(found.items()):
            if how == (EdgeKind.SLOT, "__dict__"):
                found |= self.references_of(self.node[address])
        kind, name = found.get(id(held), (None, ""))
        return name if kind in (EdgeKind.ATTR, EdgeKind.KEY) else None

    def path(self, holder: object, *steps: object) -> list[tuple[EdgeKind, str]]:
        """The names along holder -> steps[0] -> steps[1] …"""
        names = []
        for step in steps:
            names.append(self.references(holder)[id(step)])
            holder = step
        return names


def look(method: Any = "fork") -> View:
    return View(leakguard.snapshot(method=method))
