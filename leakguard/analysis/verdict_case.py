"""What a verdict is about: one image, what is known beside it, and what any verdict on it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.analysis import verdict_memory as memory
from leakguard.analysis.findings import Verdict
from leakguard.analysis.verdict_doubt import doubt
from leakguard.analysis.verdict_terms import TermsSeen
from leakguard.analysis.verdict_units import MOST_SURE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from leakguard.analysis.earlier import Earlier
    from leakguard.analysis.evidence import Evidence, TermMove
    from leakguard.analysis.findings import Kind, SnapshotFacts, Suspect
    from leakguard.analysis.growth_compare import Growth
    from leakguard.analysis.route_findings import RouteMemory

SURE_OF_WARM_UP = 0.7
# A warm-up of less than this part of the heap is not worth a word.
_WORTH_A_WORD = 0.01
_LEAST_WARM_UP = 512 << 10
# Nor one of less than this part of what the process grew by meanwhile.
_EXPLAINS = 0.2


class Case:
    """What `verdict` was told; `ready` says that there are enough images to tell what grows."""

    def __init__(
        self,
        snapshot: SnapshotFacts,
        growth: Growth | None,
        evidence: Evidence | None,
        earlier: Earlier | None,
        routes: Sequence[RouteMemory],
    ) -> None:
        self.snapshot = snapshot
        self.growth = growth
        self.evidence = evidence
        self.earlier = earlier
        self.routes = routes
        self.terms = TermsSeen(evidence.terms if evidence is not None else ())
        self.ready = growth is not None and growth.ready

    def of_term(
        self,
        kind: Kind,
        move: TermMove,
        say: Callable[[TermMove, float], memory.Told],
        most: float = MOST_SURE,
    ) -> Verdict:
        """The verdict that `say` puts into words, `most` as sure as that."""
        sure = round(min(move.confidence, most), 2)
        told = say(move, sure)
        return Verdict(kind, told.text, sure, move.name, told.advice, self.doubt(sure))

    def warming_holder(self, grown: TermMove | None = None) -> str | None:
        """The sentence on the first holder that warms up, None where none is worth a word, or none
        explains what the process has `grown` by."""
        least = max(_LEAST_WARM_UP, _WORTH_A_WORD * self.snapshot.heap_bytes)
        least = max(least, _EXPLAINS * grown.change_bytes if grown is not None else 0.0)
        for path in self.growth.paths if self.growth is not None else ():
            if path.verdict == "warming up" and path.growth_bytes >= least:
                return memory.warming_up(path)
        return None

    def doubt(
        self, sure: float, suspects: Sequence[Suspect] = (), beside: TermMove | None = None
    ) -> str:
        """What would raise a confidence of `sure`; `beside` is a term that grows too."""
        return doubt(
            sure,
            suspects,
            snapshot=self.snapshot,
            growth=self.growth,
            served=self.evidence is not None,
            sampled=bool(self.routes),
            beside=beside,
            earlier=self.earlier,
            untold=self.terms.known and not self.terms.c_heap_known and not suspects,
        )
