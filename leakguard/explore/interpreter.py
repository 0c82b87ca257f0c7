"""The Python that an explorer is started with."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# It finds this very package, whatever the environment of the server has done to the path.
_START = (
    "import sys; sys.path.extend(p for p in sys.argv.pop(1).split(':') if p not in sys.path); "
    "from leakguard.explore.__main__ import main; sys.exit(main())"
)
_KEPT = ("LD_LIBRARY_PATH", "LANG", "LC_ALL")


def command() -> list[str] | None:
    """The beginning of the command line; None where no interpreter is found."""
    for candidate in _candidates():
        if "python" in Path(candidate).name and os.access(candidate, os.X_OK):
            path = ":".join(p for p in sys.path if p and ":" not in p)
            return [candidate, "-I", "-c", _START, path]
    return None


def environment() -> dict[str, str]:
    """What of the server's environment an explorer needs to start: its secrets stay there."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ}


def _candidates() -> list[str]:
    # Under a server that embeds Python (uWSGI, mod_wsgi) sys.executable is the server.
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    places = [str(Path(prefix) / "bin" / version) for prefix in (sys.prefix, sys.base_prefix)]
    return [sys.executable, *places] if sys.executable else places
