"""The newest findings that there are: this worker's, else another's. No snapshot is taken."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from leakguard import workers
from leakguard.analysis.findings import Findings
from leakguard.endpoint.messages import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leakguard.endpoint.others import Crew

_SECONDS = 2.0
"""For the other workers to say what they know."""


class Newest(NamedTuple):
    """Findings, their age in seconds, and the worker that they are of."""

    findings: Findings
    age: float
    pid: int


def of_worker(crew: Crew, pid: int) -> Newest | None:
    """What another worker found last, None where it has not been looked at. Blocks for a moment.

    Raises `Refusal` where there is no such worker.
    """
    entries = crew.entries()
    found = [entry for entry in entries if entry.pid == pid]
    if not found:
        pids = {entry.pid for entry in entries} | ({crew.pid} if crew.pid else set())
        there = ", ".join(map(str, sorted(pids)))
        raise Refusal(404, f"There is no worker {pid} of this app; there are {there}.")
    return _newest(found)


def of_any(crew: Crew) -> Newest | None:
    """What the other workers that live found last. Blocks for a moment."""
    return _newest([entry for entry in crew.entries() if entry.alive])


def _newest(entries: list[workers.Entry]) -> Newest | None:
    answers = workers.ask_all(entries, "last", _SECONDS)
    told = [(answer.entry.pid, answer.answer or answer.last_words or {}) for answer in answers]
    known = [(_at(words), pid, words) for pid, words in told if words.get("findings")]
    if not known:
        return None
    at, pid, words = max(known, key=lambda one: one[0])
    return Newest(Findings.from_dict(words["findings"]), max(0.0, time.time() - at), pid)


def _at(words: Mapping[str, Any]) -> float:
    return float(words.get("findings_at") or 0.0)
