"""An image that is being looked at, with what several views need of it, computed once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from leakguard.analysis import _graph
from leakguard.analysis.heap import Heap
from leakguard.explore.errors import ViewError
from leakguard.explore.folding import Folding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leakguard.analysis.findings import TypeRow
    from leakguard.image import HeapImage

MOST_SUSPECTS = 50
_MOST_FOLDINGS = 2


class Opened:
    """An image with its trees. Takes about 60 bytes of memory an object.

    `known` is what was found in it when it was taken ("findings" as `Findings.to_dict` gives them,
    and by suspect the node of its "holders"); without it the suspects are those that the image
    alone shows.
    """

    def __init__(self, image: HeapImage, known: Mapping[str, Any] | None = None) -> None:
        self.image = image
        self.heap = Heap(image)
        self._known = known
        self._foldings: dict[int, Folding] = {}

    @cached_property
    def found(self) -> tuple[Mapping[str, Any], tuple[int, ...]]:
        """The findings as JSON-able values, and by suspect its holder's node (-1: unknown)."""
        if self._known is not None:
            return self._known["findings"], tuple(self._known["holders"])
        # an image that was mailed: nobody has analysed it yet
        from leakguard.analysis import analyse_opened

        analysis = analyse_opened(self.heap, top=MOST_SUSPECTS)
        return analysis.findings.to_dict(), analysis.holders

    @cached_property
    def node_counts(self) -> memoryview[int]:
        """By node: how many nodes would go with it."""
        return _graph.subtree_counts(self.heap.tree)

    @cached_property
    def types(self) -> tuple[TypeRow, ...]:
        """All types, largest shallow size first."""
        from leakguard.analysis.typetable import all_type_rows

        return all_type_rows(self.heap)

    def folding(self, top: int) -> Folding:
        """How what a node dominates is folded; remembered, since whoever looks expands it next."""
        found = self._foldings.pop(top, None)
        if found is None:
            found = Folding(self.heap, top)
        self._foldings[top] = found
        while len(self._foldings) > _MOST_FOLDINGS:
            del self._foldings[next(iter(self._foldings))]
        return found

    def checked(self, node: int) -> int:
        """The node of that number. Raises `ViewError` where there is none."""
        if node >= self.image.node_count:
            last = self.image.node_count - 1
            raise ViewError(404, f"The image has no node {node}: the last one is {last}.")
        return node

    def holder(self, rank: int) -> int:
        """The node of the suspect of that rank. Raises `ViewError` where there is none."""
        _, holders = self.found
        if rank > len(holders):
            there = f"there are {len(holders)}" if holders else "it has none"
            raise ViewError(404, f"The image has no suspect {rank}: {there}.")
        if not 0 <= holders[rank - 1] < self.image.node_count:
            raise ViewError(404, f"It is not known where in the image the suspect {rank} is.")
        return holders[rank - 1]
