"""The suspects of several workers as one list: the same leak in each of them is named once."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class MergedSuspect:
    """One suspect, in the workers that have it.

    `pids` are those of them that live, `ended` counts the others. `bytes` is the sum of what it
    retains in those that live (or, if none does, in those that ended); `rates` are the bytes a
    minute by which it grows in each that can tell, the smallest first. `suspect` is the whole
    finding of `worst_pid`, the worker where it is largest.
    """

    fingerprint: str
    kind: str
    holder: str
    pids: tuple[int, ...]
    ended: int
    bytes: int
    rates: tuple[float, ...]
    worst_pid: int
    suspect: Mapping[str, Any]


def merge(workers: Iterable[WorkerFindings]) -> list[MergedSuspect]:
    """The suspects of all workers by fingerprint.

    First what grows, by its growth in all workers together, then what is merely large; among
    equals what more workers have.
    """
    seen: dict[str, list[tuple[WorkerFindings, Mapping[str, Any]]]] = {}
    for worker in workers:
        of_this: set[str] = set()
        for suspect in worker.findings.get("suspects", ()):
            # Two suspects of one worker may look alike; they are then one leak in two places.
            if suspect["fingerprint"] not in of_this:
                of_this.add(suspect["fingerprint"])
                seen.setdefault(suspect["fingerprint"], []).append((worker, suspect))
    merged = [_merged(fingerprint, found) for fingerprint, found in seen.items()]
    return sorted(merged, key=_importance)


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


def _merged(
    fingerprint: str, found: list[tuple[WorkerFindings, Mapping[str, Any]]]
) -> MergedSuspect:
    alive = [(worker, suspect) for worker, suspect in found if worker.alive]
    counted = alive or found
    worst, largest = max(counted, key=lambda pair: pair[1]["retained_bytes"])
    rates = [rate(worker.findings, suspect) for worker, suspect in counted]
    return MergedSuspect(
        fingerprint=fingerprint,
        kind=largest["kind"],
        holder=largest["holder"],
        pids=tuple(sorted(worker.pid for worker, _ in alive)),
        ended=len(found) - len(alive),
        bytes=sum(suspect["retained_bytes"] for _, suspect in counted),
        rates=tuple(sorted(known for known in rates if known is not None)),
        worst_pid=worst.pid,
        suspect=largest,
    )


def _importance(found: MergedSuspect) -> tuple[bool, float, int, int, str]:
    grown = max(sum(found.rates), 0.0)
    return (grown <= 0, -grown, -found.bytes, -len(found.pids), found.fingerprint)
