"""What this process was told to serve, as its command line says: "shop.asgi:app", or a file."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Mapping
from pathlib import Path

_IMPORT = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_][\w.]*(?:\(.*\))?")
_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_OF_UWSGI = ("module", "wsgi", "wsgi-file", "file", "mount", "paste", "pecan")
_LABEL_LENGTH = 64


def target() -> tuple[str, str]:
    """What a server was told to serve, and its module; "" where the command does not say."""
    return _by_uwsgi() or _by(sys.argv[1:])


def program() -> str:
    """The file that runs, or how it is called."""
    first = sys.argv[0] if sys.argv else ""
    if first in ("", "-", "-c", "-m"):  # no file was named
        return "python"
    path = Path(first)
    if path.name == "__main__.py":
        path = path.parent
    try:
        return str(path.resolve() if path.exists() else path)
    except OSError:
        return str(path)


def label() -> str:
    """A short name for people: what is served, else the program."""
    told, _ = target()
    # "deploy/shop.py:make('/')" is "shop.py:make('/')"
    file = told.partition("(")[0].rfind("/") + 1
    return (told[file:] or Path(program()).stem or "app")[:_LABEL_LENGTH]


def uwsgi_options() -> Mapping[str, object]:
    """Those of uWSGI, whose command line is not Python's: True or bytes, or several. Empty outside
    of it."""
    # a module that only uWSGI has
    options = getattr(sys.modules.get("uwsgi"), "opt", None)
    return options if isinstance(options, Mapping) else {}


def _by_uwsgi() -> tuple[str, str] | None:
    options = uwsgi_options()
    told = [word for name in _OF_UWSGI for word in _words(options.get(name))]
    # "--mount /shop=shop:app" says below which path
    name = " ".join(word.rpartition("=")[2] for word in told)
    return (name, name.partition(":")[0]) if name else None


def _words(value: object) -> list[str]:
    several = value if isinstance(value, list | tuple) else [value]
    return [one.decode(errors="replace") for one in several if isinstance(one, bytes)]


def _by(arguments: list[str]) -> tuple[str, str]:
    for word, following in itertools.zip_longest(arguments, arguments[1:], fillvalue=""):
        name, _, value = word.partition("=")
        if name in ("--app", "-A") and (value or following):  # flask, quart, celery
            return value or following, ""
    for word in arguments:
        if _IMPORT.fullmatch(word):
            return word, word.partition(":")[0]
    for word in arguments:
        # "gunicorn shop.wsgi": only a module that is loaded tells it from a class or a host.
        if _MODULE.fullmatch(word) and word in sys.modules:
            return word, word
    return "", ""
