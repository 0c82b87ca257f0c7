"""Answers that other workers have a part in: `?worker=PID` and `?worker=all`."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

from leakguard import workers
from leakguard.analysis.findings import Findings
from leakguard.endpoint.messages import Refusal
from leakguard.report import Report, jsonform, text
from leakguard.report import workers as workers_form

if TYPE_CHECKING:
    from collections.abc import Callable

    from leakguard.endpoint.team import Team
    from leakguard.report.workers import Workers


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """A report in both forms; `render` takes the height of the screen."""

    document: dict[str, Any]
    render: Callable[[int], str]


def told(report: Report) -> Told:
    """The report of this very worker."""
    return Told(jsonform.to_dict(report), lambda height: text.render(report, height=height))


def of_one(team: Team, pid: int, *, top: int, timeout: float) -> Told:
    """The report of another worker: a new one if it lives, else its last findings. Blocks.

    Raises `Refusal` where there is none to be had.
    """
    found = [entry for entry in team.entries() if entry.pid == pid]
    if not found:
        pids = sorted({str(entry.pid) for entry in team.entries()} | {str(team.pid)}, key=int)
        raise Refusal(404, f"There is no worker {pid} of this app; there are {', '.join(pids)}.")
    entry = found[0]
    if entry.alive:
        try:
            answer = workers.ask(entry, "report", timeout, top=top, text=True, height=50)
        except workers.WorkerError as error:
            raise Refusal(503, f"No report: {error}.") from None
        return Told(answer["document"], lambda height: str(answer["text"]))
    words = workers.last_words(entry) or {}
    if not words.get("findings"):
        raise Refusal(404, f"Worker {pid} has ended, and no snapshot of it was ever taken.")
    findings = Findings.from_dict(words["findings"])
    note = "this worker has ended: these are its last findings"
    findings = dataclasses.replace(
        findings, suspects=findings.suspects[:top], notes=(note, *findings.notes)
    )
    age = max(0.0, round(time.time() - (words.get("findings_at") or 0.0), 1))
    return told(Report(findings, age_seconds=age, app=team.app.name))


def of_all(team: Team, own: Told | str, *, top: int, timeout: float) -> Told:
    """The reports of all workers: what they share, and the report of the one that has it worst.

    `own` is this worker's report, or why there is none. Blocks until the last has answered.
    """
    alive = [entry for entry in team.entries() if entry.alive]
    answers = workers.ask_all(alive, "report", timeout, top=top, text=True, height=50)
    reports = {
        one.entry.pid: Told(one.answer["document"], _fixed(str(one.answer["text"])))
        for one in answers
        if one.answer is not None
    }
    errors = {one.entry.pid: one.error for one in answers if one.answer is None}
    if isinstance(own, Told):
        reports[team.pid] = own
    else:
        errors[team.pid] = own
    roll = team.roll({pid: report.document for pid, report in reports.items()})
    rows = tuple(
        dataclasses.replace(row, error=row.error or errors.get(row.pid, ""), answering=False)
        for row in roll.rows
    )
    roll = dataclasses.replace(roll, rows=rows)
    documents = {pid: report.document for pid, report in reports.items()}
    document = workers_form.to_dict_with_reports(roll, documents)
    return Told(document, lambda height: _worst(roll, reports, top, height))


def _worst(roll: Workers, reports: dict[int, Told], top: int, height: int) -> str:
    worst = next((found.worst_pid for found in roll.suspects), None)
    if worst not in reports:
        worst = next(iter(reports), None)
    if worst is None:
        return "\n".join(workers_form.lines(roll, most=top)) + "\n"
    return workers_form.above(roll, reports[worst].render, height=height, most=top)


def _fixed(rendered: str) -> Callable[[int], str]:
    return lambda height: rendered
