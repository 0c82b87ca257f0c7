"""The command line: ``leakguard token`` and ``leakguard open FILE``.

Exit status: 0 when nothing was found, 1 when a suspect is reported, 2 for errors.
"""

from __future__ import annotations

import argparse
import difflib
import importlib.metadata
import io
import json
import os
import shutil
import sys
import time
from typing import TYPE_CHECKING, NoReturn

from leakguard.errors import LeakGuardError
from leakguard.report import columns, jsonform
from leakguard.report.model import Report
from leakguard.report.text import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOTHING_FOUND, SUSPECT_FOUND, FAILED = 0, 1, 2
_VERBS = ("open", "token")
_WIDEST = 120
_INTERRUPTED = 130  # what a shell reports for a program that Ctrl-C ended


class _UsageError(LeakGuardError):
    """The command line cannot be understood."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _UsageError(f"{message}; see '{self.prog} --help'")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status; errors are one line on stderr."""
    try:
        status, text = _run(sys.argv[1:] if argv is None else list(argv))
    except KeyboardInterrupt:
        return _INTERRUPTED
    except LeakGuardError as error:
        line = columns.visible(" ".join(str(error).split()))
        print(f"leakguard: {line}", file=sys.stderr)
        return FAILED
    _print(text)
    return status


def _run(argv: list[str]) -> tuple[int, str]:
    verb = next((word for word in argv if not word.startswith("-")), None)
    if verb is not None and verb not in _VERBS:
        raise _UsageError(f"unknown verb '{verb}'{_close(verb, _VERBS)}")
    options, unknown = _parser().parse_known_args(argv)
    if unknown:
        raise _UsageError(_unexpected(unknown[0], options.known))
    if options.verb is None:
        raise _UsageError("say what to do: 'leakguard open FILE' or 'leakguard token'")
    if options.verb == "token":
        return _token(options.app)
    if options.file is None:
        raise _UsageError("say which image to open: 'leakguard open FILE'")
    return _open(options.file, top=options.top, as_json=options.json)


def _parser() -> _Parser:
    parser = _Parser(
        prog="leakguard",
        description="Find what leaks in a running Python web service.",
        epilog="Exit status: 0 nothing found, 1 a suspect is reported, 2 error.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"leakguard {_version()}")
    parser.set_defaults(known=("--help", "--version"))
    # a missing verb or file is reported by _run, after misspelt options
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")

    token = verbs.add_parser(
        "token",
        help="print the token that the endpoint of your apps asks for",
        description="Print the token that /_leak asks for when the app was given none of its own.",
        allow_abbrev=False,
    )
    token.add_argument("--app", metavar="NAME", help="the app's name, where its settings give one")
    token.set_defaults(known=("--app", "--help"))

    saved = verbs.add_parser(
        "open",
        help="report on a saved heap image",
        description="Analyse a heap image (.lgheap) and report what stands out.",
        allow_abbrev=False,
    )
    saved.add_argument(
        "file", metavar="FILE", nargs="?", help="the image, as leakguard.snapshot(FILE) wrote it"
    )
    saved.add_argument(
        "--top", type=_at_least_one, default=5, metavar="N", help="suspects to report (5)"
    )
    saved.add_argument("--json", action="store_true", help="print JSON, as the endpoint does")
    saved.set_defaults(known=("--help", "--json", "--top"))
    return parser


def _token(app: str | None) -> tuple[int, str]:
    # only this verb needs the endpoint
    from leakguard.endpoint.tokens import shared_token

    try:
        return NOTHING_FOUND, shared_token(app)
    except OSError as error:
        raise LeakGuardError(
            f"the token cannot be kept: {error}; set LEAKGUARD_TOKEN instead"
        ) from error


def _open(file: str, *, top: int, as_json: bool) -> tuple[int, str]:
    # only this verb needs the native modules
    from leakguard.analysis import analyse
    from leakguard.image import HeapImage

    try:
        with HeapImage.open(file) as image:
            created = image.meta.get("created")
            app = image.meta.get("app", "")
            findings = analyse(image, top=top)
    except OSError as error:
        raise LeakGuardError(f"cannot open '{file}': {error.strerror or error}") from error
    except MemoryError as error:
        raise LeakGuardError(
            f"'{file}' needs more memory than there is: analyse it on a larger machine"
        ) from error
    except LeakGuardError as error:
        raise LeakGuardError(f"cannot report on '{file}': {error}") from error
    age = max(time.time() - created, 0.0) if created else 0.0
    report = Report(findings, age_seconds=age, app=app)
    status = SUSPECT_FOUND if findings.suspects else NOTHING_FOUND
    if as_json:
        return status, json.dumps(jsonform.to_dict(report), indent=2)
    # whoever asks for more suspects than usual wants to see them, not one screen
    return status, _text(report, height=50 + max(top - 5, 0))


def _text(report: Report, height: int) -> str:
    """For a terminal as wide as it is, in colours; for a pipe 80 columns of plain text."""
    if not sys.stdout.isatty():
        return render(report, height=height)
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return render(report, width=width, height=height, colour=colour)


def _print(text: str) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # a terminal that cannot show some character still shows the rest
        sys.stdout.reconfigure(errors="replace")
    try:
        print(text.rstrip("\n"), flush=True)
    except BrokenPipeError:
        # the reader has seen enough; nothing may be left to flush at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 on")
    return int(text)


def _unexpected(word: str, known: Iterable[str]) -> str:
    if not word.startswith("-"):
        return f"unexpected argument '{word}'; see 'leakguard --help'"
    option = word.partition("=")[0]
    return f"unknown option '{option}'{_close(option, known)}"


def _close(word: str, known: Iterable[str]) -> str:
    matches = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f", did you mean '{matches[0]}'?" if matches else "; see 'leakguard --help'"


def _version() -> str:
    try:
        return importlib.metadata.version("leakguard-web")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"
