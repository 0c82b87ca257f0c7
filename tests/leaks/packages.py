"""Published packages at pinned versions, each set of them in a folder of its own."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

ATTEMPTS = 3
HERE = Path(__file__).parent


def folder_of(needs: tuple[str, ...], root: Path) -> Path:
    """The folder to import `needs` from; they are installed unless they are there already.

    Raises RuntimeError with what pip said where the registry does not give them, asked three times.
    """
    version = "{}.{}".format(*sys.version_info)
    pins = [*needs, (HERE / "constraints.txt").read_text()]
    name = hashlib.sha256("\n".join(pins).encode()).hexdigest()[:16]
    folder = root / version / name
    if folder.is_dir():
        return folder
    partial = folder.with_suffix(".partial")
    partial.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    command += ["--no-warn-conflicts", "--target", str(partial)]
    command += ["-c", str(HERE / "constraints.txt"), *needs]
    for attempt in range(1, ATTEMPTS + 1):
        shutil.rmtree(partial, ignore_errors=True)
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode == 0:
            partial.rename(folder)
            return folder
        time.sleep(2 * attempt)
    raise RuntimeError(f"{' '.join(needs)} could not be installed: {done.stderr}")
