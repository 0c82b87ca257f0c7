"""What one worker has to show: its newest findings, its memory over time, its routes.

Another worker tells it as JSON, for the page is the same whichever of them is reached.
"""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leakguard import process
from leakguard.analysis.evidence import TermMove
from leakguard.analysis.findings import Findings
from leakguard.endpoint import past
from leakguard.page.facts import Point, Snapshot
from leakguard.process.limit import memory_limit
from leakguard.report import Report, jsonform
from leakguard.report import routes as route_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from leakguard.endpoint.watch import Watch
    from leakguard.report.model import RouteFigures, TermFigures
    from leakguard.report.routes import Row


@dataclass(frozen=True, slots=True)
class Shown:
    """`report` has all suspects; None where there are no findings. `document` is the same as JSON,
    `past` the answer to `GET /_leak/history`."""

    pid: int
    report: Report | None = None
    document: Mapping[str, Any] | None = None
    past: Mapping[str, Any] | None = None
    routes: Sequence[Row] = ()
    terms: Mapping[str, int | None] | None = None
    trends: Sequence[TermFigures] = ()
    costs: Sequence[tuple[float, float]] = ()
    snapshots: Sequence[Snapshot] = ()
    limit: int | None = None

    def points(self) -> list[Point]:
        """The resident memory over time."""
        told = self.past["points"] if self.past else ()
        return [Point(one["at"], one["rss"], one["terms"]) for one in told]

    def route_history(self) -> dict[str, Sequence[tuple[float, int]]]:
        """Live bytes over time by route."""
        told = self.past["routes"] if self.past else ()
        return {one["route"]: one["points"] for one in told}

    def cut(self, top: int) -> Report | None:
        """The report with at most `top` suspects."""
        if self.report is None:
            return None
        findings = self.report.findings
        fewer = dataclasses.replace(findings, suspects=findings.suspects[:top])
        return dataclasses.replace(self.report, findings=fewer)

    def to_dict(self) -> dict[str, Any]:
        """What another worker is told."""
        report = self.report
        return {
            "findings": report.findings.to_dict() if report is not None else None,
            "age": report.age_seconds if report is not None else 0.0,
            "document": self.document,
            "past": self.past,
            "routes": [route_rows.to_dict(row) for row in self.routes],
            "terms": self.terms,
            "trends": [dataclasses.asdict(one) for one in self.trends],  # type: ignore[call-overload]  # they are TermMoves
            "costs": self.costs,
            "snapshots": [dataclasses.asdict(one) for one in self.snapshots],
            "limit": self.limit,
        }

    @classmethod
    def from_dict(cls, pid: int, told: Mapping[str, Any], app: str) -> Shown:
        """What another worker has told. Raises KeyError and the like for another version's."""
        trends = tuple(TermMove(**one) for one in told["trends"])
        report = None
        if told["findings"] is not None:
            findings = Findings.from_dict(told["findings"])
            report = Report(findings, (), told["age"], app, told["terms"], trends)
        return cls(
            pid,
            report,
            told["document"],
            told["past"],
            [route_rows.from_dict(row) for row in told["routes"]],
            told["terms"],
            trends,
            [(pause, wall) for pause, wall in told["costs"]],
            [Snapshot(**one) for one in told["snapshots"]],
            told["limit"],
        )


def here(
    watch: Watch,
    routes: Sequence[RouteFigures],
    held: Mapping[str, Sequence[tuple[float, int]]],
    report: Callable[[Findings, float], Report],
) -> Shown:
    """What this worker has to show. Takes some milliseconds."""
    newest, timeline = watch.newest, watch.timeline
    made, terms = None, process.terms()
    if newest is not None:
        age = round(max(0.0, watch.reports.now() - newest.at), 1)
        made = dataclasses.replace(report(newest.result, age), routes=routes)
        terms = terms.with_heap(newest.result.allocated_bytes)
    rows = route_rows.now(routes) if made is None else route_rows.rows(routes, made.findings)
    pid = os.getpid()
    return Shown(
        pid,
        made,
        jsonform.to_dict(made) if made is not None else None,
        past.document(timeline, held, pid),
        rows,
        terms.to_dict(),
        process.moves(timeline.history),
        watch.costs,
        [Snapshot(kept.id, kept.created, kept.requests) for kept in timeline.kept()],
        memory_limit(),
    )
