"""What the verbs' command lines have in common: their options, and errors that help."""

from __future__ import annotations

import argparse
import difflib
import importlib.metadata
from typing import TYPE_CHECKING, Any, NoReturn

from leakguard.errors import LeakGuardError

if TYPE_CHECKING:
    from collections.abc import Iterable

    Verbs = argparse._SubParsersAction[Any]

NOTHING_FOUND, SUSPECT_FOUND, FAILED = 0, 1, 2


class UsageError(LeakGuardError):
    """The command line cannot be understood."""


class Parser(argparse.ArgumentParser):
    """Takes no abbreviations; an error is a `UsageError`."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see '{self.prog} --help'")

    def names(self) -> list[str]:
        """The long options that there are."""
        return [name for name in self._option_string_actions if name.startswith("--")]


def new_parser() -> tuple[Parser, Verbs]:
    """The parser of the whole command line, and where the verbs are added."""
    parser = Parser(
        prog="leakguard",
        description="Find what leaks in a running Python web service.",
        epilog="Exit status: 0 nothing found, 1 a suspect is reported, 2 error.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    # a missing verb is reported by the caller, after misspelt options
    return parser, parser.add_subparsers(dest="verb", metavar="VERB")


def add_verb(verbs: Verbs, name: str, what: str, description: str) -> Parser:
    """The parser of one verb, which has the options that all have."""
    parser: Parser = verbs.add_parser(name, help=what, description=description, allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="print JSON, also of an error")
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colours: on a terminal where NO_COLOR is not set (auto)",
    )
    return parser


def add_app(parser: Parser) -> None:
    """The option that says which app is meant."""
    parser.add_argument(
        "--app", metavar="NAME", help="the app, where several run here (see 'leakguard workers')"
    )


def add_top(parser: Parser) -> None:
    """The option that says how many suspects are wanted."""
    parser.add_argument(
        "--top", type=at_least_one, default=5, metavar="N", help="suspects to report (5)"
    )


def add_timeout(parser: Parser) -> None:
    """The option that says how long a snapshot may take."""
    parser.add_argument(
        "--timeout", type=seconds, default=60.0, metavar="S", help="seconds to wait (60)"
    )


def at_least_one(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 on")
    return int(text)


def seconds(text: str) -> float:
    """A number of seconds above 0, at most an hour."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 3_600:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of seconds above 0, up to 3600")
    return value


def unexpected(word: str, known: Iterable[str]) -> str:
    """What is wrong with a word that no verb knows."""
    if not word.startswith("-"):
        return f"unexpected argument '{word}'; see 'leakguard --help'"
    option = word.partition("=")[0]
    return f"unknown option '{option}'{close(option, known)}"


def close(word: str, known: Iterable[str]) -> str:
    """Which word was probably meant, or where to read."""
    matches = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f", did you mean '{matches[0]}'?" if matches else "; see 'leakguard --help'"


class _Version(argparse.Action):
    """Prints the version, and what the page lacks where it was built without npm."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        from leakguard.page import static  # read for this alone

        print(f"leakguard {_version()}")
        if not static.has_script():
            print(f"its page is {static.WITHOUT_SCRIPT}")
        parser.exit()


def _version() -> str:
    try:
        return importlib.metadata.version("leakguard-web")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"
