"""Cycles that the collector cannot free: they lead through an object that does not support it.

Such an object does not tell the collector what it refers to, so what it refers to looks as if it
were held from outside. A walk that knows better (members that the type declares) sees a closed
circle, which nothing holds, and would take it for garbage that the next collection frees.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from leakguard.image.format import TYPE_FLAG_GC

if TYPE_CHECKING:
    from leakguard.image import HeapImage

# A circle is found within so many references, or not at all.
_MOST_STEPS = 64
_MOST_FOUND = 100_000


def uncollectable(image: HeapImage, reached: memoryview) -> list[int]:
    """The objects that such cycles keep alive, where the collector would find them held.

    `reached` is a byte for each node, 0 where no root reaches it. Costs a look at each of these.
    """
    found: list[int] = []
    known: set[int] = set()
    unreached = bytes(reached)
    node = unreached.find(0)
    while node != -1 and len(found) < _MOST_FOUND:
        if not _collects(image, node):
            for edge in image.edges(node):
                target = image.edge_target[edge]
                if (
                    target not in known
                    and not unreached[target]
                    and _collects(image, target)
                    and _leads_back(image, target, node)
                ):
                    known.add(target)
                    found.append(target)
        node = unreached.find(0, node + 1)
    return found


def _collects(image: HeapImage, node: int) -> bool:
    return bool(image.type_flags[image.node_type[node]] & TYPE_FLAG_GC)


def _leads_back(image: HeapImage, start: int, goal: int) -> bool:
    waiting, seen = deque([start]), {start}
    for _ in range(_MOST_STEPS):
        if not waiting:
            return False
        for edge in image.edges(waiting.popleft()):
            target = image.edge_target[edge]
            if target == goal:
                return True
            if target not in seen and len(seen) < _MOST_STEPS:
                seen.add(target)
                waiting.append(target)
    return False
