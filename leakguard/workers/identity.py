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

from leakguard import served

_OF_THE_ENVIRONMENT = ("DJANGO_SETTINGS_MODULE", "FLASK_APP", "QUART_APP")


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
    told, module = served.target()
    facts = [
        _directory(),
        told or served.program(),
        getattr(sys.modules.get(module), "__file__", None) if module else None,
        _by_environment() if not told else None,
    ]
    digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]
    label = served.label()
    # A "+" is in no name that a user gave: such a folder is never that of another app.
    return App(label, f"{re.sub('[^A-Za-z0-9._-]+', '-', label)[:40]}+{digest}")


def _by_environment() -> str | None:
    return next((told for name in _OF_THE_ENVIRONMENT if (told := os.environ.get(name))), None)


def _directory() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it was removed
        return ""
