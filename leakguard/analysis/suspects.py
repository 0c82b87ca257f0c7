"""Which holders are suspected, in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leakguard.analysis import chains
from leakguard.analysis.accumulation import accumulations
from leakguard.analysis.diagnosis import Diagnosis, diagnose
from leakguard.analysis.findings import Suspect
from leakguard.analysis.fingerprint import fingerprint
from leakguard.analysis.linked import linked_chains
from leakguard.analysis.naming import holder_name
from leakguard.analysis.origin import Origin

if TYPE_CHECKING:
    from leakguard.analysis.candidate import Candidate
    from leakguard.analysis.heap import Heap

# What is smaller than the larger of the two is no suspect. The largest accumulation in a process of
# Starlette, of FastAPI with SQLAlchemy or of Django that has only started is 0.3 MB (heaps of 24 to
# 53 MB); 5,000 listeners retain 1.8 MB.
LEAST_BYTES = 512 << 10
LEAST_SHARE = 0.015
# Of two holders like in size, the reader's own comes first.
_LIBRARY_WEIGHT = 0.5
# A holder above an accepted suspect needs this part of its bytes beside that one.
_BESIDE = 0.5


@dataclass(frozen=True, slots=True)
class Judgement:
    """A suspect with what the verdict and the comparison with earlier images need beside it.

    `holder_keys` find the paths of its holders in the summary by which it was seen to grow.
    """

    suspect: Suspect
    confidence: float
    linked: bool
    holder_node: int = -1
    holder_keys: tuple[int, ...] = ()


def find_suspects(heap: Heap, top: int) -> list[Judgement]:
    """Up to `top` suspects, the most suspicious first; none lies within another."""
    floor = max(LEAST_BYTES, int(heap.total * LEAST_SHARE))
    named = [
        (holder_name(heap, list(candidate.path)), candidate)
        for candidate in (*linked_chains(heap, floor), *accumulations(heap, floor))
    ]
    named.sort(key=lambda pair: (-_weight(heap, *pair), pair[0]))
    judged: list[Judgement] = []
    for holder, candidate in _outermost(heap, named, floor)[:top]:
        diagnosis = diagnose(heap, candidate, holder)
        suspect = _suspect(heap, candidate, holder, diagnosis, len(judged) + 1)
        judged.append(
            Judgement(suspect, diagnosis.confidence, bool(candidate.pattern), candidate.holder)
        )
    return judged


def _weight(heap: Heap, holder: str, candidate: Candidate) -> float:
    others = heap.origins.of(holder) >= Origin.LIBRARY
    return candidate.retained * (_LIBRARY_WEIGHT if others else 1.0)


def _outermost(
    heap: Heap, named: list[tuple[str, Candidate]], floor: int
) -> list[tuple[str, Candidate]]:
    """Without the parts of a suspect that look like suspects themselves, a chain's tail above all.

    Where a holder and something below it both stand out, the heavier one stays.
    """
    accepted: list[tuple[str, Candidate]] = []
    above_accepted: dict[int, int] = {}
    for holder, candidate in named:
        above = heap.ancestors(candidate.holder)
        if any(other.holder in above or other.holder == candidate.holder for _, other in accepted):
            continue
        beside = candidate.retained - above_accepted.get(candidate.holder, 0)
        if beside < max(floor, _BESIDE * candidate.retained):
            continue
        accepted.append((holder, candidate))
        for node in above:
            above_accepted[node] = above_accepted.get(node, 0) + candidate.retained
    return accepted


def _suspect(
    heap: Heap, candidate: Candidate, holder: str, diagnosis: Diagnosis, rank: int
) -> Suspect:
    chain = chains.reference_chain(heap, candidate)
    return Suspect(
        rank=rank,
        kind=diagnosis.kind,
        holder=holder,
        retained_bytes=candidate.retained,
        share=round(candidate.retained / heap.total, 4) if heap.total else 0.0,
        object_type=candidate.object_type,
        object_count=candidate.count,
        fingerprint=fingerprint(diagnosis.kind, holder, chain),
        fix=diagnosis.fix,
        chain=chain,
    )
