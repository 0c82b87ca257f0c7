"""What the workers of this app that have ended knew at last: for those that take their place."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from leakguard.analysis.earlier import GrewBefore, Life
from leakguard.analysis.growth_series import DOUBT_AN_INTERVAL
from leakguard.workers import sources
from leakguard.workers.client import last_words
from leakguard.workers.merging import rate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from leakguard.workers.entries import Entry

_MOST_SUSPECTS = 10


def lives(entries: Iterable[Entry], version: str) -> tuple[Life, ...]:
    """The lives of those `entries` that have ended and ran this code, under LeakGuard `version`.

    One that started before a file of the app was written may have run other code. What cannot be
    read is left out. Takes a few milliseconds.
    """
    ended = [one for one in entries if not one.alive and one.facts.leakguard == version]
    if not ended:
        return ()
    changed = sources.changed()
    found = []
    for entry in ended:
        words = last_words(entry) if entry.facts.started > changed else None
        with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
            life = _life(entry, words or {})
            found += [life] if life.requests or life.intervals else []
    return tuple(found)


def _life(entry: Entry, words: Mapping[str, Any]) -> Life:
    figures = words.get("figures") or {}
    findings = words.get("findings") or {}
    growth = findings.get("growth") or {}
    return Life(
        pid=entry.pid,
        started=entry.facts.started,
        # when the end of a process that was killed was noticed may be long after
        ended=float(words["at"]),
        requests=int(figures.get("requests") or 0),
        rss_start_bytes=figures.get("rss_start_bytes"),
        rss_bytes=figures.get("rss_bytes"),
        rss_bytes_per_minute=figures.get("rss_bytes_per_minute"),
        intervals=int(growth.get("intervals") or 0),
        ready=bool(growth.get("ready")),
        grew=tuple(
            _grew(findings, suspect)
            for suspect in (findings.get("suspects") or ())[:_MOST_SUSPECTS]
            if suspect.get("moves") == "growing" and (suspect.get("growth_bytes") or 0) > 0
        ),
    )


def _grew(findings: Mapping[str, Any], suspect: Mapping[str, Any]) -> GrewBefore:
    pace = rate(findings, suspect)
    return GrewBefore(
        holder=suspect["holder"],
        object_type=suspect["objects"]["type"],
        kind=suspect["kind"],
        fingerprint=suspect["fingerprint"],
        growth_bytes=suspect["growth_bytes"],
        bytes_per_minute=None if pace is None else round(pace, 1),
        bytes_per_request=suspect.get("bytes_per_request"),
        # what the workers before it have added is not to be added again
        confidence=min(float(suspect.get("confidence") or 0.0), _most_sure(findings)),
    )


def _most_sure(findings: Mapping[str, Any]) -> float:
    """How sure a worker can be by its own snapshots alone."""
    intervals = int((findings.get("growth") or {}).get("intervals") or 0)
    return round(1 - float(DOUBT_AN_INTERVAL**intervals), 3)
