"""The memory line: what is resident, as a sum of its terms, and which of them grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.report import columns, units

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leakguard.report.model import Report, TermFigures

LABEL = 9
"""Columns of the label before the text of a line."""

TERM_WORDS = {
    "python_objects": "Python objects",
    "python_slack": "allocator slack",
    "c_heap_in_use": "C heap",
    "c_heap_free": "kept free",
    "mappings": "files",
    "rest": "rest",
}
"""What resident memory consists of, in the order in which it is told."""


def memory_lines(report: Report, width: int) -> list[str]:
    """What is resident, as a sum where its terms are known, with the pace of those that grow."""
    process, snapshot = report.findings.process, report.findings.snapshot
    terms = report.terms or {}
    rss = terms.get("rss")
    known = [(name, value) for name in TERM_WORDS if (value := terms.get(name)) is not None]
    if rss is None or not known:
        python = f"{units.size(snapshot.heap_bytes)} of Python objects"
        resident = f"{units.size(process.rss_bytes)} resident, " if process.rss_bytes else ""
        return [labelled("memory", resident + python, width)]
    moves = {move.name: move for move in report.trends}
    parts = [
        f"{units.size(value)} {TERM_WORDS[name]}{_pace(name, moves)}"
        for name, value in known
        if value
    ]
    total = f"{units.size(rss)}{_pace('rss', moves)}"
    return labelled_paragraph("memory", f"{total} = " + " + ".join(parts), width)


def labelled(label: str, text: str, width: int) -> str:
    """One line, cut where it is too long."""
    return f"{label:<{LABEL}}{columns.fit(text, width - LABEL)}"


def labelled_paragraph(label: str, text: str, width: int) -> list[str]:
    """As many lines as the text takes, the label before the first."""
    lines = columns.wrap(text, width - LABEL)
    return [f"{label if not at else '':<{LABEL}}{line}" for at, line in enumerate(lines)]


def _pace(name: str, moves: Mapping[str, TermFigures]) -> str:
    move = moves.get(name)
    if move is None or not move.growing:
        return ""
    return f" (+{units.size(round(move.bytes_per_minute))}/min)"
