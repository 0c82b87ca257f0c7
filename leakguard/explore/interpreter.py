"""The Python that an explorer is started with."""

from __future__ import annotations

import os
import sys

from leakguard import interpreter

# It finds this very package, whatever the environment of the server has done to the path.
_START = (
    "import sys; sys.path.extend(p for p in sys.argv.pop(1).split(':') if p not in sys.path); "
    "from leakguard.explore.__main__ import main; sys.exit(main())"
)
_KEPT = ("LD_LIBRARY_PATH", "LANG", "LC_ALL")


def command() -> list[str] | None:
    """The beginning of the command line; None where no interpreter is found."""
    python = interpreter.find()
    if python is None:
        return None
    path = ":".join(p for p in sys.path if p and ":" not in p)
    return [python, "-I", "-c", _START, path]


def environment() -> dict[str, str]:
    """What of the server's environment an explorer needs to start: its secrets stay there."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ}
