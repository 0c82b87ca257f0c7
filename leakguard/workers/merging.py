"""The suspects of several workers as one list: the same leak in each of them is named once.

Where one worker has seen something grow, another one either has it too, or does not, or cannot tell
yet: only its own images count, and before there are enough of them it is counted on neither side.
A worker that nothing leaks in is never said to leak because the others do.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ALIKE = 1.25  # rates so close are told as one


@dataclass(frozen=True, slots=True)
class WorkerFindings:
    """The findings of one worker (`Findings.to_dict`), and whether it still lives."""

    pid: int
    findings: Mapping[str, Any]
    alive: bool = True


_Found = tuple[WorkerFindings, "Mapping[str, Any]"]


@dataclass(frozen=True, slots=True)
class MergedSuspect:
    """One suspect, in the workers that have it.

    `pids` are those of them that live, `ended` counts the others. `undecided` are workers that live
    and have too little history yet to say whether they have it too. `bytes` is the sum of what it
    retains in those that live (or, if none does, in those that ended); `rates` are the bytes a
    minute by which it grows in each that can tell, the smallest first. `suspect` is the whole
    finding of `worst_pid`, the worker where it is largest.
    """

    fingerprint: str
    kind: str
    holder: str
    pids: tuple[int, ...]
    undecided: tuple[int, ...]
    ended: int
    bytes: int
    rates: tuple[float, ...]
    worst_pid: int
    suspect: Mapping[str, Any]


def merge(workers: Iterable[WorkerFindings]) -> list[MergedSuspect]:
    """The suspects of all workers by fingerprint, and by who holds what: the chain that leads to it
    may be another one in a worker that has just begun to leak.

    First what grows, by its growth in all workers together, then what is merely large; among
    equals what more workers have.
    """
    workers = list(workers)
    seen: dict[object, list[_Found]] = {}
    groups: list[list[_Found]] = []
    for worker in workers:
        of_this: set[int] = set()
        for suspect in worker.findings.get("suspects", ()):
            keys = _names(suspect)
            group = next((seen[key] for key in keys if key in seen), None)
            if group is None:
                group = []
                groups.append(group)
            for key in keys:
                seen.setdefault(key, group)
            # Two suspects of one worker may look alike; they are then one leak in two places.
            if id(group) not in of_this:
                of_this.add(id(group))
                group.append((worker, suspect))
    return sorted((_merged(group, workers) for group in groups), key=_importance)


def _names(suspect: Mapping[str, Any]) -> tuple[object, ...]:
    objects = suspect.get("objects") or {}
    return (suspect["fingerprint"], (suspect["holder"], objects.get("type")))


def rate(findings: Mapping[str, Any], suspect: Mapping[str, Any]) -> float | None:
    """Bytes a minute by which a suspect has grown; None if the findings do not tell."""
    grown = suspect.get("growth_bytes")
    seconds = (findings.get("growth") or {}).get("seconds")
    return grown * 60 / seconds if grown is not None and seconds else None


def spread(rates: tuple[float, ...]) -> tuple[float, float] | None:
    """The lowest and the highest rate worth telling, equal where all are alike."""
    if not rates:
        return None
    low, high = rates[0], rates[-1]
    if low > 0 and high <= low * _ALIKE:
        return median(rates), median(rates)
    return low, high


def _merged(found: list[_Found], workers: Iterable[WorkerFindings]) -> MergedSuspect:
    alive = [(worker, suspect) for worker, suspect in found if worker.alive]
    counted = alive or found
    worst, largest = max(counted, key=lambda pair: pair[1]["retained_bytes"])
    known = [rate(worker.findings, suspect) for worker, suspect in counted]
    rates = tuple(sorted(pace for pace in known if pace is not None))
    has_it = {worker.pid for worker, _ in alive}
    too_early = [one.pid for one in workers if one.alive and not _has_history(one.findings)]
    return MergedSuspect(
        fingerprint=_most_common(suspect["fingerprint"] for _, suspect in found),
        kind=largest["kind"],
        holder=largest["holder"],
        pids=tuple(sorted(has_it)),
        undecided=tuple(sorted(set(too_early) - has_it)),
        ended=len(found) - len(alive),
        bytes=sum(suspect["retained_bytes"] for _, suspect in counted),
        rates=rates,
        worst_pid=worst.pid,
        suspect=largest,
    )


def _has_history(findings: Mapping[str, Any]) -> bool:
    """Whether a worker has enough images to tell what grows from what does not."""
    return bool((findings.get("growth") or {}).get("ready"))


def _most_common(names: Iterable[str]) -> str:
    counted = Counter(names)
    return min(counted, key=lambda name: (-counted[name], name))


def _importance(found: MergedSuspect) -> tuple[bool, float, int, int, str]:
    grown = max(sum(found.rates), 0.0)
    return (grown <= 0, -grown, -found.bytes, -len(found.pids), found.fingerprint)
