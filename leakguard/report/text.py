"""The report as plain text on one screen: the answer first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.report import columns, units
from leakguard.report.allocations import allocation_height, allocation_lines
from leakguard.report.chain import chain_height, chain_lines
from leakguard.report.earlier import earlier_lines
from leakguard.report.memory import labelled_paragraph, memory_lines
from leakguard.report.routes import rows
from leakguard.report.screen import Section, compose, fixed
from leakguard.report.style import Style
from leakguard.report.tables import Table, routes_table, suspects_table, types_table

if TYPE_CHECKING:
    from leakguard.analysis.findings import Findings, SnapshotFacts, Suspect
    from leakguard.report.model import Report

_NARROWEST, _LOWEST = 60, 20
_MOST_NOTES = 3
_TAKEN_BY = {
    "fork": "a forked child walked {graph}; pause {pause}",
    "inline": "the process stood still for {pause}; {graph}",
    "portable": "Python's gc module listed {graph}; pause {pause}",
}
_SURE = " % sure)"  # a verdict that says so itself needs no telling
_TAKEN_SOMEHOW = "{graph}; pause {pause}"


def render(report: Report, *, width: int = 80, height: int = 50, colour: bool = False) -> str:
    """The report in at most ``height`` lines of at most ``width`` columns, ending with a newline.

    A screen of fewer than 60 columns or 20 lines is taken for one of that size. What does not fit
    is folded into a counted line, or dropped from the bottom; the verdict and the first suspect's
    reference list go last. ``colour`` adds ANSI styles, which change no column.
    """
    width, height = max(width, _NARROWEST), max(height, _LOWEST)
    style = Style(colour)
    findings = report.findings
    suspects = findings.suspects
    sections = [
        fixed(_title(report, width, style)),
        fixed(_verdict(findings, width, height // 4, style)),
        fixed(_heap(report, width)),
        _table(suspects_table(suspects, width, style), 6),
        _first_chain(suspects[0], width, style) if suspects else fixed([]),
        _next_chain(suspects[1], width, style) if len(suspects) > 1 else fixed([]),
        _table(types_table(findings.types[:12], width, style), 4),
        _table(routes_table(rows(report.routes, findings), width, style), 5),
        fixed(_cost(findings.snapshot, width, style)),
    ]
    lines = compose(sections, order=(0, 1, 4, 3, 2, 7, 6, 8, 5), height=height)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _title(report: Report, width: int, style: Style) -> list[str]:
    process, snapshot = report.findings.process, report.findings.snapshot
    facts = (
        f" · pid {process.pid} · CPython {columns.fit(columns.visible(process.python), 12)}"
        f" · up {units.duration(process.uptime_seconds)}"
    )
    name = columns.visible(report.app or process.host) or "unnamed"
    who = columns.fit(columns.fit(name, max(width - columns.width(facts), 12)) + facts, width)
    cost = (
        f"paused {units.duration(snapshot.pause_seconds)},"
        f" took {units.duration(snapshot.wall_seconds)}"
    )
    if report.age_seconds > 0:
        cost += f", taken {units.duration(report.age_seconds)} ago"
    together = columns.apart(who, cost, width)
    if together is None:
        return [style.strong(who), style.quiet(columns.right(cost, width))]
    return [style.strong(who) + together[len(who) :].replace(cost, style.quiet(cost))]


def _verdict(findings: Findings, width: int, most: int, style: Style) -> list[str]:
    """The sentence, what to do about it, and what would make it more certain."""
    verdict, suspects = findings.verdict, findings.suspects
    sentence = verdict.text.strip()
    if _SURE not in sentence:
        sentence = f"{sentence.removesuffix('.')} ({units.percent(verdict.confidence)} sure)."
    lines = _paragraph(sentence, width, most)
    shown = [style.strong(line) for line in lines]
    blamed = suspects[0] if suspects and suspects[0].kind == verdict.kind else None
    if blamed is None and verdict.advice:
        shown += _paragraph(f"What to try: {verdict.advice}", width, max(most - len(lines), 2))
    elif suspects:
        label = "Usual fix" if blamed is not None else "Usual fix of 1"
        shown += _fix(label, suspects[0], width, max(most - len(lines), 2))
    if verdict.doubt:
        doubt = _paragraph(verdict.doubt, width, max(most - len(shown), 2))
        shown += [style.quiet(line) for line in doubt]
    return shown


def _fix(label: str, suspect: Suspect, width: int, most: int) -> list[str]:
    return _paragraph(f"{label}: {suspect.fix}", width, most) if suspect.fix.strip() else []


def _heap(report: Report, width: int) -> list[str]:
    findings, snapshot = report.findings, report.findings.snapshot
    reached = (
        f", {units.percent(min(snapshot.coverage, 1.0))} of what is allocated was reached"
        if snapshot.coverage is not None
        else ""
    )
    lines = [
        *memory_lines(report, width),
        *labelled_paragraph("heap", f"{units.count(snapshot.objects)} objects{reached}", width),
        *earlier_lines(findings, width),
    ]
    notes = [
        line
        for note in findings.notes
        for line in labelled_paragraph("note", columns.visible(note), width)
    ]
    if len(notes) > _MOST_NOTES:
        notes[_MOST_NOTES - 1 :] = [columns.fit(notes[_MOST_NOTES - 1], width - 2) + " …"]
    return lines + notes


def _cost(snapshot: SnapshotFacts, width: int, style: Style) -> list[str]:
    text = _TAKEN_BY.get(snapshot.capture, _TAKEN_SOMEHOW).format(
        graph=f"{units.count(snapshot.nodes)} nodes, {units.count(snapshot.edges)} references",
        pause=units.duration(snapshot.pause_seconds),
    )
    return [style.quiet(line) for line in labelled_paragraph("cost", text, width)]


def _table(table: Table, least: int) -> Section:
    return Section(table.lines, min(least, table.height), table.height)


def _first_chain(suspect: Suspect, width: int, style: Style) -> Section:
    """The reference list, then the lines that allocated what it leads to."""
    height = chain_height(suspect)

    def lines(room: int) -> list[str]:
        shown = chain_lines(suspect, room, width, style)
        return shown + allocation_lines(suspect, room - len(shown), width, style)

    return Section(lines, height, height + allocation_height(suspect))


def _next_chain(suspect: Suspect, width: int, style: Style) -> Section:
    """The reference list with its own usual fix, for which the verdict had no room."""
    height = chain_height(suspect)
    fix = [f"  {line}" for line in _fix("Usual fix", suspect, width - 2, 3)]

    def lines(room: int) -> list[str]:
        return [*chain_lines(suspect, room, width, style), *fix][:room]

    return Section(lines, min(height, 4), height + len(fix))


def _paragraph(text: str, width: int, most: int) -> list[str]:
    """The text on lines, at most ``most``: names too long for that lose their middle."""
    shown = columns.visible(" ".join(text.split()))
    lines = columns.wrap(shown, width)
    if len(lines) > most:
        lines = columns.wrap(" ".join(columns.fit(word, width) for word in shown.split()), width)
    if len(lines) > most:
        lines[most - 1 :] = [columns.fit(lines[most - 1], width - 2) + " …"]
    return lines
