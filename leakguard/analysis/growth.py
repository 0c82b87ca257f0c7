"""Growth between images: survey each, keep its summary, compare the summaries.

    survey = Survey(image, first.keys if first else None)
    summaries.append(survey.summary(requests=ledger.total))
    growth = compare(summaries)
    merged = merge(find_suspects(heap, top), growth, heap=heap, survey=survey, summary=...)

The path-tree method sees what one image cannot: what grows, even where two owners hold it.
"""

from __future__ import annotations

from leakguard.analysis.growth_compare import Growth, compare
from leakguard.analysis.growth_found import GrownPath
from leakguard.analysis.growth_merge import Merged, merge
from leakguard.analysis.growth_summary import GrowthPath, Summary
from leakguard.analysis.growth_survey import Survey

__all__ = ["GrownPath", "Growth", "GrowthPath", "Merged", "Summary", "Survey", "compare", "merge"]
