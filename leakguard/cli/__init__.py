"""The command line ``leakguard``: one module for each verb.

Exit status: 0 when nothing was found, 1 when a suspect is reported, 2 for errors.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from leakguard.cli import diff, open_image, snapshot, token, top, workers
from leakguard.cli.console import as_json, show
from leakguard.cli.parsing import FAILED, UsageError, close, new_parser, unexpected
from leakguard.errors import LeakGuardError
from leakguard.report import columns

if TYPE_CHECKING:
    from collections.abc import Sequence

ERROR_SCHEMA = "leakguard-error/1"

_INTERRUPTED = 130  # what a shell reports for a program that Ctrl-C ended
_VERBS = {
    "workers": workers,
    "top": top,
    "snapshot": snapshot,
    "open": open_image,
    "diff": diff,
    "token": token,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status; errors are one line on stderr, and with --json a
    document as well."""
    words = _verb_first(sys.argv[1:] if argv is None else list(argv))
    try:
        status, text = _run(words)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except LeakGuardError as error:
        line = columns.visible(" ".join(str(error).split()))
        print(f"leakguard: {line}", file=sys.stderr)
        if "--json" in words:
            show(as_json({"schema": ERROR_SCHEMA, "error": line}))
        return FAILED
    if text:
        show(text)
    return status


def _verb_first(words: list[str]) -> list[str]:
    """'leakguard --json top' means 'leakguard top --json'."""
    at = next((at for at, word in enumerate(words) if not word.startswith("-")), 0)
    return [*words[at : at + 1], *words[:at], *words[at + 1 :]]


def _run(argv: list[str]) -> tuple[int, str]:
    verb = next((word for word in argv if not word.startswith("-")), None)
    if verb is not None and verb not in _VERBS:
        raise UsageError(f"unknown verb '{verb}'{close(verb, _VERBS)}")
    parser, verbs = new_parser()
    parsers = {name: module.add_to(verbs) for name, module in _VERBS.items()}
    options, unknown = parser.parse_known_args(argv)
    if unknown:
        known = parsers[options.verb] if options.verb else parser
        raise UsageError(unexpected(unknown[0], known.names()))
    if options.verb is None:
        raise UsageError(f"say what to do: {', '.join(_VERBS)}; see 'leakguard --help'")
    answer: tuple[int, str] = _VERBS[options.verb].run(options)
    return answer
