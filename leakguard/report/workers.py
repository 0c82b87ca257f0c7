"""The workers of an app: what is told of each, and what they share."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leakguard.report import schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = "leakguard-workers/1"


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """One worker now, or as it was when it was last heard; None where that is not known.

    `answering` is the worker whose report this is. `ended_seconds` is how long ago its end was
    noticed, None while it lives; `left` says that it stopped by itself. `error` is why a worker
    that lives did not answer. `rss_points` are some of its resident memory, oldest first: how many
    seconds before this was told, and bytes.
    """

    pid: int
    answering: bool = False
    up_seconds: float | None = None
    rss_bytes: int | None = None
    rss_bytes_per_minute: float | None = None
    requests: int | None = None
    suspect: str | None = None
    fingerprint: str | None = None
    suspect_bytes_per_minute: float | None = None
    snapshot_age_seconds: float | None = None
    ended_seconds: float | None = None
    left: bool = False
    error: str = ""
    rss_points: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SharedSuspect:
    """One suspect in the workers that have it: `pids`, of the `asked` ones that have been looked at
    (of the `alive` ones there are), and `ended` that have ended; the `undecided` ones have too
    little history yet to tell. It retains `bytes` in all of them, most in `worst_pid`, and grows by
    `low` to `high` bytes a minute in the `paced` ones that have been looked at twice."""

    fingerprint: str
    kind: str
    holder: str
    pids: tuple[int, ...]
    asked: int
    alive: int
    ended: int
    bytes: int
    worst_pid: int
    low: float | None = None
    high: float | None = None
    undecided: tuple[int, ...] = ()
    paced: int | None = None


@dataclass(frozen=True, slots=True)
class Workers:
    """All workers of the app, and their suspects, each named once."""

    app: str
    rows: tuple[WorkerRow, ...]
    suspects: tuple[SharedSuspect, ...] = ()


def to_dict(workers: Workers) -> dict[str, Any]:
    """The keys `workers` and `merged_suspects` of a report."""
    return {
        "workers": [
            {**dataclasses.asdict(row), "rss_points": [list(one) for one in row.rss_points]}
            for row in workers.rows
        ],
        "merged_suspects": [
            {
                **dataclasses.asdict(found),
                "pids": list(found.pids),
                "undecided": list(found.undecided),
            }
            for found in workers.suspects
        ],
    }


def to_dict_with_reports(
    workers: Workers, reports: Mapping[int, Mapping[str, Any]]
) -> dict[str, Any]:
    """The answer for all workers, with the report of each that gave one, by pid: plain values that
    ``schema()`` accepts."""
    document = {"schema": SCHEMA, "app": workers.app, **to_dict(workers)}
    for row in document["workers"]:
        if row["ended_seconds"] is None and row["pid"] in reports:
            row["report"] = reports[row["pid"]]
    return document


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what ``to_dict_with_reports`` returns."""
    return schemas.load("leakguard-workers-1")
