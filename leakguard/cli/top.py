"""``leakguard top``: the report of a running app, as its endpoint would give it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from leakguard.cli import apps
from leakguard.cli.console import as_json, screen, show_anew, waiting
from leakguard.cli.parsing import (
    NOTHING_FOUND,
    SUSPECT_FOUND,
    UsageError,
    add_app,
    add_timeout,
    add_top,
    add_verb,
    seconds,
)
from leakguard.endpoint import others
from leakguard.endpoint.messages import Refusal
from leakguard.errors import LeakGuardError
from leakguard.settings import MAX_TOP

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from leakguard.cli.parsing import Parser, Verbs

_EVERY = 10.0


def add_to(verbs: Verbs) -> Parser:
    """The verb's command line."""
    parser = add_verb(
        verbs,
        "top",
        "report on a running app",
        "Take a snapshot in a worker of a running app and report what stands out there, below a "
        "table of all its workers.",
    )
    add_app(parser)
    parser.add_argument(
        "--worker", metavar="PID|all", help="the worker to look at (the one that has it worst)"
    )
    add_top(parser)
    add_timeout(parser)
    parser.add_argument(
        "--watch",
        metavar="S",
        nargs="?",
        type=seconds,
        const=_EVERY,
        help=f"again every S seconds ({_EVERY:g}) until Ctrl-C",
    )
    return parser


def run(options: argparse.Namespace) -> tuple[int, str]:
    """Report once, or again and again."""
    if options.top > MAX_TOP:
        raise UsageError(f"--top must be at most {MAX_TOP}")
    crew = apps.chosen(options.app)
    if options.watch is None:
        status, document, text = _report(crew, options)
        return status, as_json(document) if options.json else text
    status = NOTHING_FOUND
    try:
        while True:
            status, document, text = _report(crew, options)
            # a document a line can be read while more are to come
            if not show_anew(json.dumps(document) if options.json else text):
                return status, ""
            time.sleep(options.watch)
    except KeyboardInterrupt:
        return status, ""


def worst(crew: apps.Crew) -> int:
    """The pid of the worker that has the first suspect at its largest, else of the busiest."""
    roll = crew.roll()
    alive = [row for row in roll.rows if row.ended_seconds is None]
    if not alive:
        raise LeakGuardError(f"no worker of {crew.app.name} runs any more")
    pids = {row.pid for row in alive}
    found = next((one.worst_pid for one in roll.suspects if one.worst_pid in pids), None)
    return found or max(alive, key=lambda row: (row.requests or 0, -row.pid)).pid


def pid_of(text: str) -> int:
    """A worker's pid from the command line."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise UsageError(f"'{text}' is no pid of a worker; see 'leakguard workers'")
    return int(text)


def _report(crew: apps.Crew, options: argparse.Namespace) -> tuple[int, Mapping[str, Any], str]:
    size = screen(options.color, options.top)
    limits = {"top": options.top, "timeout": options.timeout}
    try:
        if options.worker == "all":
            with waiting("every worker takes a snapshot, one after the other"):
                told = others.of_all(crew, None, **limits, screen=size)
        elif options.worker:
            pid = pid_of(options.worker)
            with waiting(f"worker {pid} takes a snapshot"):
                told = others.of_one(crew, pid, **limits, screen=size)
        else:
            pid = worst(crew)
            with waiting(f"worker {pid} takes a snapshot"):
                told = others.of_one(crew, pid, **limits, screen=others.below(crew, size))
                told = others.below_the_table(crew, told, pid, size)
    except Refusal as refusal:
        message = refusal.message.rstrip(".")
        raise LeakGuardError(message[:1].lower() + message[1:]) from None
    status = SUSPECT_FOUND if _has_suspects(told.document) else NOTHING_FOUND
    return status, told.document, told.render(size.height)


def _has_suspects(document: Mapping[str, Any]) -> bool:
    if "suspects" in document:
        return bool(document["suspects"])
    return any(found["pids"] for found in document["merged_suspects"])
