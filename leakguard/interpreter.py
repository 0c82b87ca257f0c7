"""The Python that LeakGuard's other processes are started with."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def find() -> str | None:
    """This process's; under a server that embeds Python (uWSGI, mod_wsgi) that of its version in
    the same environment. None where there is none."""
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}{getattr(sys, 'abiflags', '')}"
    places = [Path(prefix, "bin", name) for prefix in (sys.prefix, sys.base_prefix)]
    if "python" in Path(sys.executable or "").name:  # not where it is the server itself
        places.insert(0, Path(sys.executable))
    return next((str(place) for place in places if os.access(place, os.X_OK)), None)
