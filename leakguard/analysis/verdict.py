"""The answer first: what leaks or which term of memory grows, how fast, and how sure that is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from leakguard.analysis import verdict_memory as memory
from leakguard.analysis.diagnosis import FIXES
from leakguard.analysis.findings import MAPPING, Verdict
from leakguard.analysis.verdict_doubt import doubt
from leakguard.analysis.verdict_earlier import WAIT, believed, instead, too
from leakguard.analysis.verdict_suspects import accuse, has_grown, others, pace, sure_by_size
from leakguard.analysis.verdict_terms import C_TERMS, PYTHON, TermsSeen
from leakguard.analysis.verdict_units import MOST_SURE, byte_words
from leakguard.analysis.verdict_unreached import worst_unreached

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from leakguard.analysis.earlier import Earlier, EarlierGrowth
    from leakguard.analysis.evidence import Evidence, TermMove
    from leakguard.analysis.findings import Kind, SnapshotFacts, Suspect
    from leakguard.analysis.growth_compare import Growth
    from leakguard.analysis.route_findings import RouteMemory

# Below this part of what the allocators handed out, too much was not seen to say that all is well.
ENOUGH_COVERAGE = 0.7
_SURE_OF_NOTHING = 0.8
_SURE_OF_LITTLE = 0.6
_SURE_BY_ALL = 0.95
_MANY_REQUESTS = 5000
_SURE_OF_GARBAGE = 0.9
_SURE_OF_WARM_UP = 0.7
# Before there are enough snapshots to know that no Python holder grows.
_SURE_UNSEARCHED = 0.75
# A suspect that is only large explains a term's growth up to what it retains.
_EXPLAINS = 0.8
# Of the growth of a term this part must be that of the pictured objects to be theirs.
_PART_OF_TERM = 0.5
# A warm-up of less than this part of the heap is not worth a word.
_WORTH_A_WORD = 0.01
_LEAST_WARM_UP = 512 << 10
# With collections on, a quarter of the heap may wait for the next full one.
_LEAST_GARBAGE, _PART_OF_WAITING = 1 << 20, 0.3


def verdict(
    suspects: Sequence[Suspect],
    snapshot: SnapshotFacts,
    *,
    linked: bool,
    confidence: float,
    growth: Growth | None = None,
    evidence: Evidence | None = None,
    earlier: Earlier | None = None,
    routes: Sequence[RouteMemory] = (),
    garbage_bytes: int = 0,
) -> Verdict:
    """The verdict on the first suspect, else on the term of memory that grows, else that there is
    none of both.

    `linked` says whether the first suspect is a linked chain, `confidence` is its diagnosis's.
    `growth` is the comparison with earlier images, `evidence` what the server knows beside them,
    `earlier` what grew in the workers before this one: the answer of one that cannot tell yet;
    `routes` are empty where allocations are not sampled, `garbage_bytes` is what no root reaches.
    """
    judge = _Judge(snapshot, growth, evidence, earlier, routes)
    before = believed(earlier)
    if before is not None and not judge.ready and not any(has_grown(one) for one in suspects):
        return judge.of_earlier_workers(before)
    if suspects and not judge.is_beside_the_point(suspects):
        return judge.leak(suspects, linked, confidence)
    if judge.garbage_matters(garbage_bytes):
        return judge.garbage(garbage_bytes)
    return judge.unreached() or judge.grown_term() or judge.quiet(suspects, linked, confidence)


class _Judge:
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

    def is_beside_the_point(self, suspects: Sequence[Suspect]) -> bool:
        """Whether a term gained more than all suspects retain, none of which was seen to grow."""
        worst = self.terms.growing(*C_TERMS, PYTHON)
        if worst is None or any(has_grown(suspect) for suspect in suspects):
            return False
        retained = sum(suspect.retained_bytes for suspect in suspects)
        return worst.change_bytes * _EXPLAINS > retained

    def garbage_matters(self, garbage_bytes: int) -> bool:
        """Whether garbage gathers that no collection takes; some always waits for the next one."""
        if self.growth is None or not self.growth.garbage_grows:
            return False
        collects = self.evidence.collects if self.evidence is not None else None
        part = _PART_OF_WAITING if collects is not False else 0.0
        return garbage_bytes >= max(_LEAST_GARBAGE, part * self.snapshot.heap_bytes)

    def leak(self, suspects: Sequence[Suspect], linked: bool, confidence: float) -> Verdict:
        first = suspects[0]
        if first.confidence is not None and has_grown(first):
            sure = first.confidence
        else:
            sure = sure_by_size(confidence, watched=self.evidence is not None)
        sure = round(min(sure, MOST_SURE), 2)
        speed = pace(first, self.growth)
        text = accuse(first, linked, sure, speed, proved=self.growth is None or self.ready)
        beside = self.terms.faster_than(speed)
        maps = first.object_type == MAPPING
        if maps and beside is not None and beside.name == "mappings":
            beside = None
        if beside is not None:
            text += f" {memory.beside(beside)}"
        text += too(self.earlier, first) + others(suspects[1:])
        term = None
        if has_grown(first) or self.terms.growing(PYTHON):
            term = PYTHON if first.kind != "native" or beside is None else beside.name
            term = "mappings" if maps else term
        return Verdict(
            kind=first.kind,
            text=text,
            confidence=sure,
            term=term,
            advice=first.fix,
            doubt=self._doubt(sure, suspects, beside),
        )

    def of_earlier_workers(self, grown: EarlierGrowth) -> Verdict:
        """The verdict of a process that has too few images, by what grew in those before it."""
        advice = FIXES.get(grown.kind, FIXES["other"])
        return Verdict(
            grown.kind, instead(grown), round(grown.confidence, 2), advice=advice, doubt=WAIT
        )

    def garbage(self, garbage_bytes: int) -> Verdict:
        told = memory.garbage(garbage_bytes, _SURE_OF_GARBAGE)
        doubt = self._doubt(_SURE_OF_GARBAGE)
        return Verdict("other", told.text, _SURE_OF_GARBAGE, PYTHON, told.advice, doubt)

    def unreached(self) -> Verdict | None:
        """The verdict on what a route leaves behind and no Python object owns."""
        if self.growth is None or not self.ready:
            return None
        found = worst_unreached(self.routes, self.growth, self.evidence, self.terms)
        if found is None:
            return None
        doubt = self._doubt(found.confidence)
        return Verdict(
            "native", found.told.text, found.confidence, found.term, found.told.advice, doubt
        )

    def grown_term(self) -> Verdict | None:
        """The verdict on a term that grows and that no suspect explains, None where none does."""
        free = self.terms.fragmenting()
        if free is not None:
            return self._of_term("fragmentation", free, memory.fragmentation)
        grown = self.terms.growing(*C_TERMS, PYTHON)
        if grown is None:
            rss = self.terms.growing("rss")
            if rss is None:
                return None
            if self.terms.settling() is not None:
                told = memory.settling(rss)
                return Verdict(
                    "warm-up", told.text, _SURE_OF_WARM_UP, "rss", told.advice, memory.ASK_LATER
                )
            if self.ready:
                return self._of_term("unknown", rss, memory.unexplained)
            return self._of_term("warm-up", rss, memory.too_early)
        if grown.name == PYTHON:
            return self._python_grows(grown)
        python = self._python_pace()
        if python is not None and python >= _PART_OF_TERM * grown.bytes_per_minute:
            return self._of_term("unknown", grown, partial(memory.large_objects, python=python))
        # What is larger than all of Python's objects needs no search among them.
        searched = self.ready or grown.change_bytes > self.snapshot.heap_bytes
        return self._of_term(
            "native",
            grown,
            partial(memory.native, c_heap_known=self.terms.c_heap_known, searched=searched),
            MOST_SURE if searched else _SURE_UNSEARCHED,
        )

    def _python_grows(self, grown: TermMove) -> Verdict:
        """Python's objects grow as a whole, and no holder was seen to."""
        warming = self._warming_holder()
        if warming is not None:
            return Verdict("warm-up", warming, _SURE_OF_WARM_UP, PYTHON, doubt=memory.ASK_LATER)
        if self.ready:
            return self._of_term("unknown", grown, memory.no_holder)
        return self._of_term("warm-up", grown, memory.too_early)

    def quiet(self, suspects: Sequence[Suspect], linked: bool, confidence: float) -> Verdict:
        """The verdict where neither a suspect nor a term grows."""
        snapshot, size = self.snapshot, byte_words(self.snapshot.heap_bytes)
        if suspects:
            return self.leak(suspects, linked, confidence)
        if snapshot.nodes == 0:
            text = "The image holds no objects: nothing can be said about it."
            return Verdict("unknown", text, 0.0, doubt=memory.ASK_LATER)
        if snapshot.coverage is not None and snapshot.coverage < ENOUGH_COVERAGE:
            sure = round(_SURE_OF_NOTHING * snapshot.coverage, 2)
            text = memory.little_seen(size, snapshot.coverage)
            return Verdict("unknown", text, sure, doubt=self._doubt(sure))
        kept = self.terms.kept_free()
        if kept is not None:
            told = memory.kept_free(kept)
            sure = _SURE_OF_NOTHING
            return Verdict(
                "fragmentation", told.text, sure, kept.largest, told.advice, self._doubt(sure)
            )
        slowing = self.terms.slowing()
        warming = self._warming_holder() or (slowing and memory.slowing(slowing))
        if warming:
            term = None if slowing is None else slowing.name
            return Verdict("warm-up", warming, _SURE_OF_WARM_UP, term, doubt=memory.ASK_LATER)
        sure = _SURE_OF_NOTHING
        untold = snapshot.coverage is None or (self.terms.known and not self.terms.c_heap_known)
        if untold or (self.evidence is not None and not self.ready):
            sure = _SURE_OF_LITTLE
        elif self.ready and self.terms.known and self._has_seen_much():
            sure = _SURE_BY_ALL
        text = memory.nothing(size, self.growth if self.ready else None)
        return Verdict("none", text, sure, doubt=self._doubt(sure))

    def _has_seen_much(self) -> bool:
        """Whether a slow leak, in C above all, would have shown by now."""
        return self.growth is not None and (self.growth.requests or 0) >= _MANY_REQUESTS

    def _of_term(
        self,
        kind: Kind,
        move: TermMove,
        say: Callable[[TermMove, float], memory.Told],
        most: float = MOST_SURE,
    ) -> Verdict:
        sure = round(min(move.confidence, most), 2)
        told = say(move, sure)
        return Verdict(kind, told.text, sure, move.name, told.advice, self._doubt(sure))

    def _python_pace(self) -> float | None:
        """Bytes a minute that all Python objects gain by the images, None with too few of them."""
        growth = self.growth
        if growth is None or not growth.ready or growth.seconds <= 0:
            return None
        return 60 * growth.growth_bytes / growth.seconds

    def _warming_holder(self) -> str | None:
        least = max(_LEAST_WARM_UP, _WORTH_A_WORD * self.snapshot.heap_bytes)
        for path in self.growth.paths if self.growth is not None else ():
            if path.verdict == "warming up" and path.growth_bytes >= least:
                return memory.warming_up(path)
        return None

    def _doubt(
        self, sure: float, suspects: Sequence[Suspect] = (), beside: TermMove | None = None
    ) -> str:
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
