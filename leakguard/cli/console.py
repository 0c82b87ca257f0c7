"""The terminal: how large it is, whether it has colours, and a word while somebody waits."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

from leakguard.report.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_WIDEST = 120
_CLEAR = "\x1b[H\x1b[2J"
_ERASE = "\r\x1b[K"


def screen(colour: str, top: int = 5) -> Screen:
    """For a terminal as wide as it is; for a pipe 80 columns. `colour` is the option --color."""
    width = 80
    if sys.stdout.isatty():
        width = min(shutil.get_terminal_size().columns, _WIDEST)
    coloured = _has_colours() if colour == "auto" else colour == "always"
    return Screen.asked(top, width, coloured)


def _has_colours() -> bool:
    """As https://no-color.org has it."""
    refused = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not refused


def as_json(document: Mapping[str, Any]) -> str:
    """A document as it is printed."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def show(text: str) -> bool:
    """Print the answer; False if nobody reads any more."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # a terminal that cannot show some character still shows the rest
        sys.stdout.reconfigure(errors="replace")
    try:
        print(text.rstrip("\n"), flush=True)
    except BrokenPipeError:
        # the reader has seen enough; nothing may be left to flush at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def show_anew(text: str) -> bool:
    """Print an answer that takes the place of the one before; below it where that cannot be. False
    if nobody reads any more."""
    if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        print(_CLEAR, end="")
    return show(text)


@contextlib.contextmanager
def waiting(what: str) -> Iterator[None]:
    """Say what is waited for, on a terminal, until it has come."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield
        return
    print(f"{what} …", end="", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        print(_ERASE, end="", file=sys.stderr, flush=True)
