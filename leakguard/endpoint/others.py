"""Answers that other workers have a part in: `?worker=PID` and `?worker=all`."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any, Protocol

from leakguard import workers
from leakguard.analysis.findings import Findings
from leakguard.endpoint.messages import Refusal
from leakguard.report import Report, jsonform, text, workers_table
from leakguard.report import workers as workers_form
from leakguard.report.screen import Screen
from leakguard.report.style import Style

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from leakguard.report.workers import Workers

HEARD_SECONDS = 5.0
"""For a worker to say that it is there. One that stands still (stopped, or without threads) is not
waited for as long as a snapshot may take."""

_SCREEN = Screen()
_OTHER_LINES = 5  # title, heading, who ended, a blank line


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """A report in both forms; `render` takes the height of the screen."""

    document: dict[str, Any]
    render: Callable[[int], str]


class Crew(Protocol):
    """The workers of an app, seen by one of them (`pid`) or from outside (None)."""

    @property
    def app(self) -> workers.App: ...
    @property
    def pid(self) -> int | None: ...
    def entries(self) -> list[workers.Entry]:
        """The others, those that live first."""
        ...

    def roll(self, fresh: Mapping[int, Mapping[str, Any]] | None = None) -> Workers:
        """All of them, as `leakguard.rollcall.call` gives them."""
        ...


def told(report: Report, screen: Screen = _SCREEN) -> Told:
    """A report in both forms."""

    def render(height: int) -> str:
        return text.render(report, **dataclasses.asdict(dataclasses.replace(screen, height=height)))

    return Told(jsonform.to_dict(report), render)


def entry_of(crew: Crew, pid: int) -> workers.Entry:
    """One of the others. Raises `Refusal`, which names those that there are."""
    entries = crew.entries()
    for entry in entries:
        if entry.pid == pid:
            return entry
    pids = {entry.pid for entry in entries} | ({crew.pid} if crew.pid else set())
    there = ", ".join(map(str, sorted(pids)))
    if len(pids) == 1:
        raise Refusal(404, f"There is no worker {pid} of this app; there is {there}.")
    raise Refusal(404, f"There is no worker {pid} of this app; there are {there}.")


def of_one(crew: Crew, pid: int, *, top: int, timeout: float, screen: Screen = _SCREEN) -> Told:
    """The report of another worker: a new one if it lives, else its last findings. Blocks.

    Raises `Refusal` where there is none to be had.
    """
    entry = entry_of(crew, pid)
    if entry.alive:
        try:
            workers.ask(entry, "figures", min(timeout, HEARD_SECONDS))
            answer = workers.ask(entry, "report", timeout, **_wanted(top, screen))
        except workers.WorkerError as error:
            raise Refusal(503, f"No report: {error}.") from None
        return _received(answer)
    words = workers.last_words(entry) or {}
    if not words.get("findings"):
        raise Refusal(404, f"Worker {pid} has ended, and no snapshot of it was ever taken.")
    findings = Findings.from_dict(words["findings"])
    note = "this worker has ended: these are its last findings"
    findings = dataclasses.replace(
        findings, suspects=findings.suspects[:top], notes=(note, *findings.notes)
    )
    age = max(0.0, round(time.time() - (words.get("findings_at") or 0.0), 1))
    return told(Report(findings, age_seconds=age, app=crew.app.name), screen)


def below(crew: Crew, screen: Screen, most: int = workers_table.MOST_SHARED) -> Screen:
    """What is left of the screen below the table and `most` shared suspects."""
    head = min(len(crew.entries()) + 1, workers_table.MOST_ROWS) + most + _OTHER_LINES
    return dataclasses.replace(screen, height=max(screen.height - head, 0))


def below_the_table(crew: Crew, report: Told, pid: int, screen: Screen = _SCREEN) -> Told:
    """The report of the worker `pid` with a table of all workers above it. Blocks for a moment."""
    roll = crew.roll({pid: report.document})
    rows = tuple(dataclasses.replace(row, answering=row.pid == pid) for row in roll.rows)
    roll = dataclasses.replace(roll, rows=rows)
    document = report.document | workers_form.to_dict(roll)
    return Told(document, lambda height: _above(roll, report, height, screen))


def of_all(
    crew: Crew,
    own: Told | str | None,
    *,
    top: int,
    timeout: float,
    screen: Screen = _SCREEN,
) -> Told:
    """The reports of all workers: what they share, and the report of the one that has it worst.

    `own` is the report of the worker that asks, or why there is none; None if no worker asks.
    Blocks until the last has answered.
    """
    alive = [entry for entry in crew.entries() if entry.alive]
    wanted = _wanted(top, below(crew, screen, most=top))
    heard = workers.ask_all(alive, "figures", min(timeout, HEARD_SECONDS))
    there = [one.entry for one in heard if one.answer is not None]
    answers = [one for one in heard if one.answer is None]
    answers += workers.ask_all(there, "report", timeout, **wanted)
    reports = {one.entry.pid: _received(one.answer) for one in answers if one.answer is not None}
    errors = {one.entry.pid: one.error for one in answers if one.answer is None}
    if crew.pid is not None and isinstance(own, Told):
        reports[crew.pid] = own
    elif crew.pid is not None and isinstance(own, str):
        errors[crew.pid] = own
    roll = crew.roll({pid: report.document for pid, report in reports.items()})
    rows = tuple(
        dataclasses.replace(row, error=row.error or errors.get(row.pid, ""), answering=False)
        for row in roll.rows
    )
    roll = dataclasses.replace(roll, rows=rows)
    documents = {pid: report.document for pid, report in reports.items()}
    document = workers_form.to_dict_with_reports(roll, documents)
    return Told(document, lambda height: _worst(roll, reports, top, height, screen))


def _wanted(top: int, screen: Screen) -> dict[str, Any]:
    return {**dataclasses.asdict(screen), "top": top, "text": True}


def _received(answer: Mapping[str, Any]) -> Told:
    """The other worker has made it as high as it was to be; a table takes some of the lines."""

    def render(height: int) -> str:
        return str(answer["text"])

    return Told(answer["document"], render)


def _worst(
    roll: Workers, reports: Mapping[int, Told], top: int, height: int, screen: Screen
) -> str:
    worst = next((found.worst_pid for found in roll.suspects), None)
    shown = reports.get(worst) if worst is not None else None
    shown = shown or next(iter(reports.values()), None)
    if shown is None:
        style = Style(screen.colour)
        return "\n".join(workers_table.lines(roll, screen.width, style, top)) + "\n"
    return _above(roll, shown, height, screen, most=top)


def _above(
    roll: Workers, report: Told, height: int, screen: Screen, most: int = workers_table.MOST_SHARED
) -> str:
    return workers_table.above(
        roll, report.render, width=screen.width, height=height, colour=screen.colour, most=most
    )
