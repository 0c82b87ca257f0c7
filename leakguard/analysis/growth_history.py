"""One image beside the earlier ones that the server remembers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leakguard.analysis.growth_compare import Growth, compare
from leakguard.analysis.growth_merge import Merged, merge
from leakguard.analysis.growth_summary import Summary
from leakguard.analysis.growth_survey import Survey
from leakguard.analysis.route_findings import GrowthFacts
from leakguard.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leakguard.analysis.evidence import Evidence
    from leakguard.analysis.heap import Heap
    from leakguard.analysis.suspects import Judgement
    from leakguard.image import HeapImage

# Of two times the requests are alike when the shares of the routes have this much in common.
_ALIKE = 0.5


@dataclass(frozen=True, slots=True)
class Compared:
    """An image's survey and summary, and what has grown since the earlier ones.

    `same_work` is False where mostly other routes were asked for than before the first of them.
    """

    survey: Survey
    summary: Summary
    growth: Growth
    same_work: bool

    @property
    def grown(self) -> Growth | None:
        """The growth, None as long as there is one image only."""
        return self.growth if self.growth.intervals else None

    def merge(self, heap: Heap, judged: Sequence[Judgement], top: int) -> Merged:
        """The suspects of the image joined with what has grown; see `growth_merge`."""
        return merge(
            judged,
            self.growth,
            heap=heap,
            survey=self.survey,
            summary=self.summary,
            top=top,
            same_work=self.same_work,
        )

    @property
    def facts(self) -> GrowthFacts:
        """What was compared, for the findings."""
        growth = self.growth
        return GrowthFacts(
            growth.ready,
            growth.snapshots,
            growth.intervals,
            growth.seconds,
            growth.requests,
            growth.growth_bytes,
        )


def compare_with(image: HeapImage, evidence: Evidence) -> Compared:
    """Compare an image with the summaries of the evidence.

    Raises AnalysisError where one of them is none, MemoryError where memory runs out.
    """
    try:
        earlier = [Summary.from_bytes(summary) for summary in evidence.summaries]
    except ValueError as error:
        raise AnalysisError(f"an earlier snapshot cannot be compared with: {error}") from error
    survey = Survey(image, earlier[0].keys if earlier else None)
    summary = survey.summary(requests=evidence.requests)
    growth = compare([*earlier, summary])
    return Compared(survey, summary, growth, _is_same_work(evidence))


def _is_same_work(evidence: Evidence) -> bool:
    before, since = _shares(evidence.routes_before), _shares(evidence.routes_since(0))
    if not before or not since:
        return True
    return sum(min(share, since.get(route, 0.0)) for route, share in before.items()) >= _ALIKE


def _shares(requests: Mapping[str, int]) -> dict[str, float]:
    every = sum(requests.values())
    return {route: count / every for route, count in requests.items()} if every else {}
