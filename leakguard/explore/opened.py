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

    def suspect(self, rank: int) -> Mapping[str, Any]:
        """The suspect of that rank as it was told. Raises `ViewError` where there is none."""
        suspects = self.found[0]["suspects"]
        if rank > len(suspects):
            there = f"there are {len(suspects)}" if suspects else "it has none"
            raise ViewError(404, f"The image has no suspect {rank}: {there}.")
        found: Mapping[str, Any] = suspects[rank - 1]
        return found

    def holder(self, rank: int) -> int | None:
        """The node of the suspect of that rank, None where it is no one node of the image."""
        _, holders = self.found
        found = holders[rank - 1] if rank <= len(holders) else -1
        return found if 0 <= found < self.image.node_count else None
