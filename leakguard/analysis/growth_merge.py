"""Suspects from growth joined with those that one image alone shows."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leakguard.analysis import _pathtree, interned
from leakguard.analysis.candidate import Candidate
from leakguard.analysis.diagnosis import CALLABLE_KINDS, FIXES, Diagnosis, diagnose
from leakguard.analysis.findings import Suspect
from leakguard.analysis.fingerprint import fingerprint
from leakguard.analysis.growth_naming import PathNames
from leakguard.analysis.growth_notes import NATIVE_FIX, NOT_ENOUGH, few
from leakguard.analysis.suspects import Judgement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.analysis.growth_compare import Growth
    from leakguard.analysis.growth_found import GrownPath
    from leakguard.analysis.growth_summary import Summary
    from leakguard.analysis.growth_survey import Survey
    from leakguard.analysis.heap import Heap, Step

# The nodes of a context's table: what matters are the values in it.
_PLUMBING = "hamt_"
# Another container is an owner too when it refers to this part of the objects.
_OWNS = 0.5
_MOST_OWNERS = 3
# How much of the doubt goes where one image alone suspects the same holder for its size.
_LARGE_TOO = 0.5


@dataclass(frozen=True, slots=True)
class Merged:
    """Suspects in order; `note` says what is missing to be sure of them, None where nothing is."""

    suspects: tuple[Judgement, ...]
    note: str | None


def merge(
    judged: Sequence[Judgement],
    growth: Growth,
    *,
    heap: Heap,
    survey: Survey,
    summary: Summary,
    top: int = 5,
    same_work: bool = True,
    late: Growth | None = None,
) -> Merged:
    """Rank by growth, then by retained size; `summary` is the survey's, and the last compared.

    As soon as there are two summaries only what grows is suspected: large constant data, full
    caches and what is still warming up are not. `same_work` is False where other routes were asked
    for than before: what has not grown meanwhile may be a leak all the same. `late` is what grew
    in a last interval of other work than before: what is large, too, is suspected.
    """
    if not growth.intervals:
        return Merged(tuple(judged[:top]), NOT_ENOUGH)
    place = {path.key: index for index, path in enumerate(summary.paths)}
    merger = _Merger(heap, survey, summary, place)
    suspects: list[Judgement] = []
    left = list(judged)
    for grown in growth.growing():
        known = next((found for found in left if merger.is_same(found, grown)), None)
        if known is not None:
            left = [one for one in left if one is not known and not merger.is_part(one, grown)]
        elif not (growth.ready or grown.dense):
            continue  # a buffer that happens to be fuller now, as far as anyone can tell
        suspects.append(merger.judgement(grown, known))
    for grown in late.growing() if late is not None else ():
        known = next((found for found in left if merger.is_same(found, grown)), None)
        if known is not None and grown.dense:
            left.remove(known)
            suspects.append(merger.judgement(grown, known))
    if not same_work and not growth.ready:
        suspects += left
    ranked = tuple(
        dataclasses.replace(found, suspect=dataclasses.replace(found.suspect, rank=rank))
        for rank, found in enumerate(suspects[:top], 1)
    )
    return Merged(ranked, None if growth.ready else few(growth))


class _Merger:
    def __init__(self, heap: Heap, survey: Survey, summary: Summary, place: dict[int, int]) -> None:
        self.heap = heap
        self.survey = survey
        self.summary = summary
        self.place = place
        self.names = PathNames(summary)

    def path_of(self, found: Judgement) -> int:
        """The path of a suspect's holder, -1 where the summary does not have it."""
        return self.survey.kept_path_of(found.holder_node) if found.holder_node >= 0 else -1

    def is_same(self, found: Judgement, grown: GrownPath) -> bool:
        """Whether a suspect of the one image is what was seen to grow."""
        path, holder = self.path_of(found), self.place[grown.holder_key]
        if path < 0 or found.suspect.object_type.startswith(_PLUMBING):
            return False
        if path == holder or found.suspect.holder == grown.holder:
            return True
        return found.linked and grown.linked and self._is_above(path, holder)

    def is_part(self, found: Judgement, grown: GrownPath) -> bool:
        """Whether a suspect of the one image is among the holders that are told as one."""
        path = self.path_of(found)
        return path >= 0 and self.summary.paths[path].key in grown.alike_keys

    def judgement(self, grown: GrownPath, known: Judgement | None) -> Judgement:
        """The suspect for a grown path: the one image's if it is known, else a new one."""
        confidence, each = grown.confidence, grown.bytes_per_request
        if known is None:
            known = self._new(grown)
        else:  # what is large as well is not noise
            confidence += (1 - confidence) * _LARGE_TOO * known.confidence
        suspect = known.suspect
        if not known.linked:
            suspect = self._with_all(suspect, grown)
        if self.summary.paths[self.place[grown.member_key]].tier == _pathtree.TIER_LOOP:
            # the event loop's own name, and the chain down to the task, whoever refers to the loop
            suspect = dataclasses.replace(suspect, holder=grown.holder, chain=grown.chain)
        suspect = dataclasses.replace(
            suspect,
            growth_objects=grown.growth_objects,
            growth_bytes=grown.growth_bytes,
            moves=grown.verdict,
            confidence=round(confidence, 3),
            bytes_per_request=None if each is None else round(each, 1),
            bound=grown.limit or None,
            also_held_by=self._others(grown),
        )
        keys = (grown.holder_key, *grown.alike_keys)
        return dataclasses.replace(known, suspect=suspect, holder_keys=keys)

    def _with_all(self, suspect: Suspect, grown: GrownPath) -> Suspect:
        """A suspect with all that it holds, and what the holders do that are counted with it."""
        retained, total = max(suspect.retained_bytes, self._retained(grown)), self.heap.total
        return dataclasses.replace(
            suspect,
            retained_bytes=retained,
            share=round(retained / total, 4) if total else 0.0,
            object_count=max(suspect.object_count, grown.object_count),
        )

    def _retained(self, grown: GrownPath) -> int:
        """What goes with the holders, or all they hold where others hold that too."""
        holders = {self.place[key] for key in (grown.holder_key, *grown.alike_keys)}
        by_node = self.heap.tree.retained
        own = sum(self.survey.retained(index, by_node) for index in holders)
        return max(own, grown.held_bytes)

    def _new(self, grown: GrownPath) -> Judgement:
        candidate = self._candidate(grown)
        if grown.holder == interned.HOLDER:
            diagnosis = Diagnosis("global-cache", interned.FIX, 0.8)
        elif not grown.held_from_c:
            diagnosis = diagnose(self.heap, candidate, grown.holder)
        elif self._is_registered(grown):
            diagnosis = Diagnosis("listener", FIXES["listener"], 0.7)
        else:
            diagnosis = Diagnosis("native", NATIVE_FIX, 0.7)
        total = self.heap.total
        suspect = Suspect(
            rank=0,
            kind=diagnosis.kind,
            holder=grown.holder,
            retained_bytes=candidate.retained,
            share=round(candidate.retained / total, 4) if total else 0.0,
            object_type=grown.object_type,
            object_count=grown.object_count,
            fingerprint=fingerprint(diagnosis.kind, grown.holder, grown.chain),
            fix=diagnosis.fix,
            chain=grown.chain,
        )
        return Judgement(suspect, diagnosis.confidence, grown.linked, candidate.holder)

    def _is_registered(self, grown: GrownPath) -> bool:
        """Whether callbacks are with the interpreter: atexit, os.register_at_fork...

        What an object that does not support the collector refers to looks just as those that wait
        for the exit, which no list holds; but these are counted.
        """
        member = self.summary.paths[self.place[grown.member_key]]
        waiting = self.heap.image.meta.get("atexit_callbacks")
        unexplained = waiting is not None and member.parent < 0 and waiting < member.count
        return member.type_kind in CALLABLE_KINDS and not unexplained

    def _candidate(self, grown: GrownPath) -> Candidate:
        holder, member = self.place[grown.holder_key], self.place[grown.member_key]
        steps = self.survey.steps(member)
        above = tuple(steps[:-1]) if member != holder and len(steps) > 1 else tuple(steps)
        retained = max(self.heap.retained(above[-1].node), grown.held_bytes)
        return Candidate(
            path=above,
            retained=retained,
            object_type=grown.object_type,
            count=grown.object_count,
            member=steps[-1] if member != holder else None,
            pattern=tuple(self._ring(member, len(above))) if grown.linked else (),
        )

    def _ring(self, member: int, above: int) -> list[Step]:
        """The steps below `above` nodes until a linked chain has come round."""
        below = [index for index, path in enumerate(self.summary.paths) if path.parent == member]
        last = max(below, key=lambda index: self.summary.paths[index].count, default=member)
        return self.survey.steps(last)[above:]

    def _others(self, grown: GrownPath) -> tuple[str, ...]:
        """Names of other containers that refer to most of the objects."""
        member = self.place[grown.member_key]
        if grown.member_key == grown.holder_key or grown.linked:
            return ()
        count = self.summary.paths[member].count
        owners = self.survey.other_owners([member]).get(member, {})
        large = [owner for owner, references in owners.items() if references >= _OWNS * count]
        large.sort(key=lambda owner: -owners[owner])
        names = (self.names.holder(owner) for owner in large if self._is_strong(owner))
        return tuple(dict.fromkeys(name for name in names if name != grown.holder))[:_MOST_OWNERS]

    def _is_strong(self, owner: int) -> bool:
        return not self.summary.paths[owner].flags & (_pathtree.FLAG_WEAK | _pathtree.FLAG_OWN)

    def _is_above(self, above: int, index: int) -> bool:
        while index > above:
            index = self.summary.paths[index].parent
        return index == above
