"""One image beside the earlier ones that the server remembers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leakguard.analysis.growth_compare import Growth, compare
from leakguard.analysis.growth_merge import Merged, merge
from leakguard.analysis.growth_summary import Summary
from leakguard.analysis.growth_survey import Survey
from leakguard.analysis.growth_work import Work, alike, shares
from leakguard.analysis.route_findings import GrowthFacts
from leakguard.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from leakguard.analysis.evidence import Evidence
    from leakguard.analysis.heap import Heap
    from leakguard.analysis.suspects import Judgement
    from leakguard.image import HeapImage


@dataclass(frozen=True, slots=True)
class Compared:
    """An image's survey and summary, and what has grown since the earlier ones.

    `same_work` is False where mostly other routes were asked for than before the first of them,
    `late` what grew in the last interval, where that was one of other work than before.
    """

    survey: Survey
    summary: Summary
    growth: Growth
    same_work: bool
    late: Growth | None = None

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
            late=self.late,
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


def compare_with(image: HeapImage, evidence: Evidence, circles: Iterable[int] = ()) -> Compared:
    """Compare an image with the summaries of the evidence.

    Raises AnalysisError where one of them is none, MemoryError where memory runs out.
    """
    try:
        earlier = [Summary.from_bytes(summary) for summary in evidence.summaries]
    except ValueError as error:
        raise AnalysisError(f"an earlier snapshot cannot be compared with: {error}") from error
    survey = Survey(image, earlier[0].keys if earlier else None, circles)
    summary = survey.summary(requests=evidence.requests)
    summaries = [*earlier, summary]
    routes = [*evidence.routes_at, evidence.routes]
    if len(routes) != len(summaries):
        routes = []
    growth = compare(summaries, routes=routes)
    late = None
    if growth.ready and Work(routes).is_odd(-2, -1):
        late = compare(summaries[-2:])
    same_work = alike(
        shares({}, evidence.routes_before), shares(evidence.routes_before, evidence.routes)
    )
    return Compared(survey, summary, growth, same_work, late)
