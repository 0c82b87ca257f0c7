"""Which suspect retains an object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis import _graph
from leakguard.image.format import NO_NODE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.growth import Summary, Survey
    from leakguard.analysis.heap import Heap
    from leakguard.analysis.suspects import Judgement

NOBODY = -1


class Owners:
    """Tells for nodes which of some suspects retains them, by its place among them.

    A suspect retains what its holder dominates. What has two owners no single node dominates: it
    belongs to the suspect through whose holder the path leads by which growth was seen, or the
    shortest path. Of suspects within each other the nearest counts. 4 bytes a node.
    """

    def __init__(
        self,
        heap: Heap,
        judged: Sequence[Judgement],
        survey: Survey | None,
        summary: Summary | None,
    ) -> None:
        holders = [found.holder_node for found in judged]
        self._places = [place for place, node in enumerate(holders) if node >= 0]
        marked = [holders[place] for place in self._places]
        self._dominated = _graph.nearest_marked(heap.tree.immediate, heap.tree.order, marked)
        self._below = _graph.nearest_marked(heap.paths.parent, heap.paths.order, marked)
        self._tier = heap.paths.tier
        self._survey = survey
        self._parents: list[int] = []
        self._of_path: dict[int, int] = {}
        if survey is not None and summary is not None:
            self._parents = [path.parent for path in summary.paths]
            self._mark_paths(judged, survey, summary)

    def _mark_paths(self, judged: Sequence[Judgement], survey: Survey, summary: Summary) -> None:
        kept = {path.key: index for index, path in enumerate(summary.paths)}
        for place, found in enumerate(judged):
            paths = [kept[key] for key in found.holder_keys if key in kept]
            if not paths and found.holder_node >= 0:
                paths = [survey.kept_path_of(found.holder_node)]
            for path in paths:
                if path >= 0:
                    self._of_path.setdefault(path, place)

    def of(self, node: int) -> int:
        """The place of the suspect that retains a node, `NOBODY` where none does."""
        if node == NO_NODE:
            return NOBODY
        if self._dominated[node]:
            return self._places[self._dominated[node] - 1]
        if self._survey is not None and self._of_path:
            place = self._on_path(self._survey.kept_path_above(node))
            if place != NOBODY:
                return place
        return self._places[self._below[node] - 1] if self._below[node] else NOBODY

    def is_garbage(self, node: int) -> bool:
        """Whether no root reaches an object: the next collection frees it, if there is one."""
        return node != NO_NODE and not self._tier[node]

    def _on_path(self, index: int) -> int:
        way = []
        while index >= 0 and index not in self._of_path:
            way.append(index)
            index = self._parents[index]
        place = self._of_path[index] if index >= 0 else NOBODY
        for passed in way:
            self._of_path[passed] = place
        return place
