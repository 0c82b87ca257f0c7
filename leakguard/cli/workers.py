"""``leakguard workers``: the apps and workers of this user on this host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leakguard.cli import apps
from leakguard.cli.console import as_json, screen
from leakguard.cli.parsing import NOTHING_FOUND, SUSPECT_FOUND, add_app, add_verb
from leakguard.report import workers as form
from leakguard.report import workers_table
from leakguard.report.style import Style
from leakguard.workers import App

if TYPE_CHECKING:
    import argparse

    from leakguard.cli.parsing import Parser, Verbs

SCHEMA = "leakguard-apps/1"


def add_to(verbs: Verbs) -> Parser:
    """The verb's command line."""
    parser = add_verb(
        verbs,
        "workers",
        "list the apps and workers on this host",
        "List the apps of this user that LeakGuard watches, with their workers and the suspects "
        "that are known without a new snapshot.",
    )
    add_app(parser)
    return parser


def run(options: argparse.Namespace) -> tuple[int, str]:
    """Ask every worker for its figures."""
    crews = [apps.chosen(options.app)] if options.app else _all()
    rolls = [(crew.app, crew.roll()) for crew in crews]
    rolls = [(app, roll) for app, roll in rolls if roll.rows]
    found = any(suspect.pids for _, roll in rolls for suspect in roll.suspects)
    status = SUSPECT_FOUND if found else NOTHING_FOUND
    if options.json:
        told = [
            {"app": app.name, "folder": app.folder, **form.to_dict(roll)} for app, roll in rolls
        ]
        return status, as_json({"schema": SCHEMA, "apps": told})
    if not rolls:
        return status, "No app with LeakGuard runs here for this user."
    size = screen(options.color)
    style = Style(size.colour)
    blocks = ["\n".join(workers_table.lines(roll, size.width, style)) for _, roll in rolls]
    return status, "\n\n".join(blocks)


def _all() -> list[apps.Crew]:
    found = apps.known().items()
    named = [App(entries[0].facts.app, folder) for folder, entries in found]
    return [apps.Crew(app) for app in sorted(named, key=lambda app: (app.name, app.folder))]
