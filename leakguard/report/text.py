"""The report as plain text on one screen: the answer first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from leakguard.report import columns, units
from leakguard.report.allocations import allocation_height, allocation_lines
from leakguard.report.chain import chain_height, chain_lines
from leakguard.report.earlier import earlier_lines
from leakguard.report.memory import labelled_paragraph, memory_lines
from leakguard.report.routes import rows
from leakguard.report.screen import USUAL_TOP, Section, compose, fixed
from leakguard.report.style import Style
from leakguard.report.tables import Table, routes_table, suspects_table, types_table

if TYPE_CHECKING:
    from leakguard.analysis.findings import Findings, SnapshotFacts, Suspect
    from leakguard.report.model import Report

_NARROWEST, _LOWEST = 60, 20
_ENOUGH = 40  # lines that a report with the usual rows may have, however high the screen
_MOST_NOTES = 3
_LEAST_OF_FIRST, _LEAST_OF_NEXT = 8, 4  # lines of a reference list before it gives way
_MOST_TYPES = 12  # where there is nothing more important to tell
_TAKEN_BY = {
    "fork": "a forked child walked {graph}; pause {pause}",
    "inline": "the process stood still for {pause}; {graph}",
    "portable": "Python's gc module listed {graph}; pause {pause}",
}
_SURE = " % sure)"  # a verdict that says so itself needs no telling
_HINT = "; a larger top or JSON shows them"
_TAKEN_SOMEHOW = "{graph}; pause {pause}"


def render(
    report: Report,
    *,
    width: int = 80,
    height: int = 50,
    colour: bool = False,
    top: int = USUAL_TOP,
) -> str:
    """The report in at most ``height`` lines of at most ``width`` columns, ending with a newline.

    A screen of fewer than 60 columns or 20 lines is taken for one of that size. ``top`` is how many
    rows the tables of types and routes may have: with the usual five a report of a suspect or two
    takes about 40 lines; with more every suspect has its reference list. What does not fit is
    folded into a counted line, or dropped from the bottom; the verdict and the first suspect's
    reference list go last. ``colour`` adds ANSI styles, which change no column.
    """
    findings = report.findings
    suspects = findings.suspects
    if top <= USUAL_TOP:
        height = min(height, _ENOUGH + max(len(suspects) - 1, 0))
    width, height = max(width, _NARROWEST), max(height, _LOWEST)
    style = Style(colour)
    others = suspects[1:] if top > USUAL_TOP else suspects[1:2]
    quiet = not suspects and findings.verdict.kind == "none"
    shown = max(top, _MOST_TYPES) if quiet else top
    routes = routes_table(rows(report.routes, findings), width, style)
    types = types_table(findings.types, width, style, shown)
    if len(routes.rows) > top:
        routes = replace(routes, hint=_HINT)
    else:
        types = replace(types, hint=_HINT)
    sections = [
        fixed(_title(report, width, style)),
        fixed(_verdict(findings, width, height // 4, style)),
        fixed(_heap(report, width)),
        _table(suspects_table(suspects, width, style), 6),
        _first_chain(suspects[0], width, style) if suspects else fixed([]),
        *(_next_chain(suspect, suspects[0].fix, width, style) for suspect in others),
        _table(types, 3, shown, fewest=1),
        _table(routes, max(5, 2 + min(len(suspects), top)), top),
        fixed(_cost(findings.snapshot, width, style)),
    ]
    chains = range(5, 5 + len(others))
    order = (0, 1, 4, 3, 2, len(sections) - 2, *chains, len(sections) - 3, len(sections) - 1)
    lines = compose(sections, order=order, height=height)
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


def _table(table: Table, least: int, most: int | None = None, fewest: int = 0) -> Section:
    """With at most so many rows, and a line that counts the others; nothing for fewer rows."""
    height = table.height if most is None else min(table.height, most + 2)

    def lines(room: int) -> list[str]:
        return table.lines(room) if room >= min(height, fewest + 2) else []

    return Section(lines, min(least, height), height)


def _first_chain(suspect: Suspect, width: int, style: Style) -> Section:
    """The reference list, then the lines that allocated what it leads to."""
    height, allocated = chain_height(suspect), allocation_height(suspect)

    def lines(room: int) -> list[str]:
        shown = chain_lines(suspect, room - min(allocated, 1, room // 5), width, style)
        return shown + allocation_lines(suspect, room - len(shown), width, style)

    least = min(height, _LEAST_OF_FIRST) + min(allocated, 1)
    return Section(lines, least, height + allocated)


def _next_chain(suspect: Suspect, told: str, width: int, style: Style) -> Section:
    """The reference list with the lines that allocated, and with its own usual fix if that is not
    what was `told` already."""
    height, allocated = chain_height(suspect), min(allocation_height(suspect), 1)
    fix = _fix("Usual fix", suspect, width - 2, 3) if suspect.fix != told else []

    def lines(room: int) -> list[str]:
        shown = chain_lines(suspect, max(room - allocated, 0), width, style)
        if shown:
            shown += allocation_lines(suspect, min(room - len(shown), allocated), width, style)
        return [*shown, *(f"  {line}" for line in fix)][:room]

    return Section(lines, min(height, _LEAST_OF_NEXT) + allocated, height + allocated + len(fix))


def _paragraph(text: str, width: int, most: int) -> list[str]:
    """The text on lines, at most ``most``: names too long for that lose their middle."""
    shown = columns.visible(" ".join(text.split()))
    lines = columns.wrap(shown, width)
    if len(lines) > most:
        lines = columns.wrap(" ".join(columns.fit(word, width) for word in shown.split()), width)
    if len(lines) > most:
        lines[most - 1 :] = [columns.fit(lines[most - 1], width - 2) + " …"]
    return lines
