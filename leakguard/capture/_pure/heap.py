"""The objects that can be reached, and how many references to each are not the walk's own."""

from __future__ import annotations

import gc
import sys
from array import array
from typing import TYPE_CHECKING

from leakguard.capture._pure.frames import RunningThread, running_threads
from leakguard.capture._pure.reach import Reach

if TYPE_CHECKING:
    from collections.abc import Callable

_POLL_EVERY = 1024


class Heap:
    """Every object reached, numbered in the order it was found, kept alive until the walk ends."""

    def __init__(self, objects: list[object], poll: Callable[[], None]) -> None:
        """`objects` is the start; `poll` is called from time to time and may raise."""
        self.objects = objects
        self.index = {id(item): position for position, item in enumerate(objects)}
        self._poll = poll
        reach = Reach()
        self._follow(reach, 0)
        done = len(objects)
        self.threads: list[RunningThread] = running_threads(self._add)
        self.modules: set[int] = set()
        self._add_modules()
        self._follow(reach, done)
        self.counts = self._count()

    def _add_modules(self) -> None:
        for module in list(sys.modules.values()):
            self._add(module)
            self.modules.add(self.index[id(module)])

    def _add(self, item: object) -> None:
        if id(item) not in self.index:
            self.index[id(item)] = len(self.objects)
            self.objects.append(item)

    def _follow(self, reach: Reach, start: int) -> None:
        index, objects = self.index, self.objects
        position = start
        while position < len(objects):
            for target in reach.targets(objects[position]):
                if id(target) not in index:
                    index[id(target)] = len(objects)
                    objects.append(target)
            position += 1
            if position % _POLL_EVERY == 0:
                self._poll()

    def _count(self) -> array[int]:
        """References to each object apart from `self.objects`.

        A probe that nothing else refers to shows how many the counting itself adds.
        """
        self.objects.append(object())
        counts = array("q", map(sys.getrefcount, self.objects))
        self.objects.pop()
        own = counts.pop()
        for position, count in enumerate(counts):
            counts[position] = count - own
        return counts


def tracked_objects(besides: tuple[object, ...]) -> list[object]:
    """What the garbage collector tracks now, without some objects."""
    found = gc.get_objects()
    without = {id(item) for item in besides}
    return [item for item in found if id(item) not in without]
