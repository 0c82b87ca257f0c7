"""What makes processes workers of one app.

An app that was given a name is that name. Otherwise it is what the command line says to serve
("shop.asgi:app", or the file that runs), together with the file of that module and the current
directory. Options such as the port do not matter: the workers of one master share their app, and
so do several servers of one app that were started one by one. Two apps in one directory differ in
what is served, two deployments of one app in their directory.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

_IMPORT = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_][\w.]*(?:\(.*\))?")
_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_LABEL_LENGTH = 64


@dataclass(frozen=True, slots=True)
class App:
    """`name` is for people; `folder` is where its workers meet, and identifies it on this host."""

    name: str
    folder: str


def identify(app_name: str = "") -> App:
    """The app that this process serves. `app_name` is the setting, "" where there is none.

    Ask when the app is loaded, and in the process that loads it: both may change later.
    """
    if app_name:
        return App(app_name, app_name)
    served, module = _served(sys.argv[1:])
    program = _program()
    facts = [
        _directory(),
        served or program,
        getattr(sys.modules.get(module), "__file__", None) if module else None,
        os.environ.get("DJANGO_SETTINGS_MODULE") if not served else None,
    ]
    digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]
    label = (served or Path(program).stem or "app")[:_LABEL_LENGTH]
    # A "+" is in no name that a user gave: such a folder is never that of another app.
    return App(label, f"{re.sub('[^A-Za-z0-9._-]+', '-', label)[:40]}+{digest}")


def _served(arguments: list[str]) -> tuple[str, str]:
    """What a server was told to serve, and its module; "" where the command does not say."""
    for word in arguments:
        if _IMPORT.fullmatch(word):
            return word, word.partition(":")[0]
    for word in arguments:
        # "gunicorn shop.wsgi": only a module that is loaded tells it from a class or a host.
        if _MODULE.fullmatch(word) and word in sys.modules:
            return word, word
    return "", ""


def _program() -> str:
    first = sys.argv[0] if sys.argv else ""
    if first in ("", "-", "-c", "-m"):  # no file was named
        return "python"
    path = Path(first)
    if path.name == "__main__.py":
        path = path.parent
    try:
        return str(path.resolve()) if path.exists() else first
    except OSError:
        return first


def _directory() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it was removed
        return ""
