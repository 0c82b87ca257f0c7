"""Who the workers of an app are and what they found: for whoever shows them together."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

from leakguard import workers
from leakguard.report.workers import SharedSuspect, WorkerRow, Workers
from leakguard.workers import merging

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leakguard.workers import Answer, Entry

_FIGURES = (
    "up_seconds",
    "rss_bytes",
    "rss_bytes_per_minute",
    "requests",
    "suspect",
    "fingerprint",
    "suspect_bytes_per_minute",
    "snapshot_age_seconds",
)


def call(
    app: str,
    entries: Sequence[Entry],
    *,
    timeout: float,
    own: Mapping[str, Any] | None = None,
    fresh: Mapping[int, Mapping[str, Any]] | None = None,
) -> Workers:
    """All workers as they are now: those of `entries`, asked for what they know without a snapshot.

    `own` is what the asking worker would answer (`Worker.words`), if it is one; `entries` are then
    the others.
    `fresh` are findings by pid, for those that were looked at just now. Takes at most about
    `timeout` seconds; raises nothing.
    """
    answers = workers.ask_all(entries, "last", timeout)
    heard = [(answer, _words(answer)) for answer in _of_this_run(answers, own)]
    told = [
        (_row(answer, words), dict(words))
        for answer, words in heard
        if not _is_master(answer, heard)
    ]
    if own is not None:
        told.insert(0, (_figured(WorkerRow(own["figures"]["pid"], True), own), dict(own)))
    for row, words in told:
        if fresh and row.ended_seconds is None and row.pid in fresh:
            words["findings"] = fresh[row.pid]
    rows = [row for row, _ in told]
    found = [
        workers.WorkerFindings(row.pid, words["findings"], row.ended_seconds is None)
        for row, words in told
        if words.get("findings")
    ]
    asked = sum(one.alive for one in found)
    alive = sum(row.ended_seconds is None for row in rows)
    shared = tuple(_shared(one, asked, alive) for one in workers.merge(found))
    return Workers(app, tuple(rows), shared)


def _words(answer: Answer) -> Mapping[str, Any]:
    return answer.answer or answer.last_words or {}


def _of_this_run(answers: Sequence[Answer], own: Mapping[str, Any] | None) -> list[Answer]:
    """Without those that have ended and served nobody, and those that stopped by themselves with an
    earlier run of the server: a worker that is recycled leaves its master behind, and the others.
    """
    masters = {one.entry.facts.master for one in answers if one.entry.alive}
    masters |= {own.get("master")} if own else set()
    return [
        one
        for one in answers
        if one.entry.alive or (_has_served(one) and not _is_of_an_earlier_run(one, masters))
    ]


def _has_served(answer: Answer) -> bool:
    words = _words(answer)
    return bool((words.get("figures") or {}).get("requests") or words.get("findings"))


def _is_of_an_earlier_run(answer: Answer, masters: set[int | None]) -> bool:
    master = answer.entry.facts.master
    return bool(_words(answer).get("leaving")) and (master is None or master not in masters)


def _is_master(answer: Answer, heard: Sequence[tuple[Answer, Mapping[str, Any]]]) -> bool:
    """A process that loaded the app to fork its workers, and serves nothing itself."""
    figures = _words(answer).get("figures") or {}
    children = {one.entry.facts.ppid for one, _ in heard}
    return answer.entry.alive and answer.entry.pid in children and not figures.get("requests")


def _row(answer: Answer, words: Mapping[str, Any]) -> WorkerRow:
    entry = answer.entry
    ended = None if entry.ended is None else max(0.0, round(time.time() - entry.ended, 1))
    row = WorkerRow(
        entry.pid,
        up_seconds=None if ended is not None else round(time.time() - entry.facts.started, 1),
        ended_seconds=ended,
        left=bool(words.get("leaving")),
        error=answer.error if entry.alive else "",
    )
    return _figured(row, words)


def _figured(row: WorkerRow, words: Mapping[str, Any]) -> WorkerRow:
    figures = words.get("figures") or {}
    points = tuple((ago, size) for ago, size in figures.get("rss_points") or ())
    known = {name: figures[name] for name in _FIGURES if figures.get(name) is not None}
    return dataclasses.replace(row, rss_points=points, **known)


def _shared(found: workers.MergedSuspect, asked: int, alive: int) -> SharedSuspect:
    pace = merging.spread(found.rates)
    return SharedSuspect(
        fingerprint=found.fingerprint,
        kind=found.kind,
        holder=found.holder,
        pids=found.pids,
        asked=asked,
        alive=alive,
        undecided=found.undecided,
        paced=len(found.rates),
        ended=found.ended,
        bytes=found.bytes,
        worst_pid=found.worst_pid,
        low=None if pace is None else round(pace[0], 1),
        high=None if pace is None else round(pace[1], 1),
    )
