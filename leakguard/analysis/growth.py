"""Growth between images: survey each, keep its summary, compare the summaries.

    survey = Survey(image, first.keys if first else None)
    summaries.append(survey.summary(requests=ledger.total))
    growth = compare(summaries)
    merged = merge(find_suspects(heap, top), growth, heap=heap, survey=survey, summary=...)

The path-tree method sees what one image cannot: what grows, even where two owners hold it.

The rules, in the order in which they are asked; the causes stand with each:

1. Which summaries are compared: those with enough work between them (`growth_compare`), and of the
   usual kind (`growth_work`).
2. What moves: each path by the number of its objects, else by their size, as a series over the
   intervals (`growth_series`). LeakGuard's own, the interpreter's tables and lone weak references
   do not; what there will be once for each of a steady number of owners warms up (`growth_moving`).
3. Who holds it: the path above the topmost that moves; a dict, for what is too little under each of
   its keys (`growth_holders`).
4. Whether that is growth: not what leaves as fast as it comes (`growth_whole`), what is too little
   for the requests or cancelled timers (`growth_floors`), nor what has a bound, if there is memory
   for all that it allows (`growth_bounds`).
5. What else grows, in paths too small or too new to be seen by themselves (`growth_rest`).
6. What is told of it: one for what has one name, no weak holder beside a strong one, threads behind
   what grows with them (`growth_told`).
7. Which suspects of the one image are the same (`growth_merge`).

What comes after these needs the routes and stands in the package's own description.
"""

from __future__ import annotations

from leakguard.analysis.growth_compare import Growth, compare
from leakguard.analysis.growth_found import GrownPath
from leakguard.analysis.growth_merge import Merged, merge
from leakguard.analysis.growth_summary import GrowthPath, Summary
from leakguard.analysis.growth_survey import Survey

__all__ = ["GrownPath", "Growth", "GrowthPath", "Merged", "Summary", "Survey", "compare", "merge"]
