"""``leakguard open FILE``: the report of a saved heap image."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import time
from typing import TYPE_CHECKING

from leakguard.cli import images
from leakguard.cli.console import as_json, screen, waiting
from leakguard.cli.parsing import NOTHING_FOUND, SUSPECT_FOUND, UsageError, add_top, add_verb
from leakguard.report import jsonform
from leakguard.report.model import Report
from leakguard.report.text import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leakguard.cli.parsing import Parser, Verbs


def add_to(verbs: Verbs) -> Parser:
    """The verb's command line."""
    parser = add_verb(
        verbs,
        "open",
        "report on a saved heap image",
        "Analyse a heap image (.lgheap) and report what stands out.",
    )
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="the image, as 'leakguard snapshot' or leakguard.snapshot(FILE) wrote it",
    )
    parser.add_argument(
        "other", metavar="FILE2", nargs="?", help="with --web: a second one, to compare with"
    )
    parser.add_argument(
        "--web",
        action="store_true",
        help="show it in a browser: serves a page on 127.0.0.1 until Ctrl-C",
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=0,
        metavar="N",
        help="with --web: the port, for example to reach it through 'ssh -L N:127.0.0.1:N HOST' "
        "(default: a free one)",
    )
    add_top(parser)
    return parser


def run(options: argparse.Namespace) -> tuple[int, str]:
    """Analyse the image."""
    from leakguard.analysis import analyse

    if options.file is None:
        raise UsageError("say which image to open: 'leakguard open FILE'")
    if options.web:
        names = [file for file in (options.file, options.other) if file is not None]
        return _on_the_web(names, options.port)
    if options.port:
        raise UsageError("--port is for --web")
    if options.other is not None:
        raise UsageError("one image at a time; 'leakguard diff A B' compares two")
    with images.opened(options.file) as image, waiting("analysing the heap image"):
        created = image.meta.get("created")
        app = image.meta.get("app", "")
        findings = analyse(image, top=options.top)
    age = max(time.time() - created, 0.0) if created else 0.0
    report = Report(findings, age_seconds=age, app=app)
    status = SUSPECT_FOUND if findings.suspects else NOTHING_FOUND
    if options.json:
        return status, as_json(jsonform.to_dict(report))
    size = screen(options.color, options.top)
    return status, render(report, **dataclasses.asdict(size))


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 1 << 16):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: a number from 1 to 65535 is")
    return int(text)


def _on_the_web(names: Sequence[str], port: int) -> tuple[int, str]:
    """Serve the page until Ctrl-C."""
    # a report needs none of this
    from leakguard.cli import web
    from leakguard.explore.offline import Files

    with contextlib.ExitStack() as checked, waiting("analysing the heap image"):
        for name in names:
            # what is wrong with a file is told as for a report
            checked.enter_context(images.opened(name))
        files = Files(names)
        files.images()
    try:
        server = web.Server(files, port)
    except OSError as error:
        raise UsageError(
            f"the page cannot be served on port {port} ({error.strerror}): choose another with "
            "--port, or leave it out for a free one"
        ) from None
    web.serve(server)
    return NOTHING_FOUND, ""
