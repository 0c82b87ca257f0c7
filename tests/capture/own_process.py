"""Run a function of a test module in a Python process of its own, with which its traces end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_START = """
import importlib.util, json, sys
file, name, arguments, folders = json.loads(sys.argv[1])
sys.path.extend(folders)
spec = importlib.util.spec_from_file_location("scene", file)
scene = sys.modules["scene"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(scene)
print(json.dumps(getattr(scene, name)(*arguments)), flush=True)
"""


def command(function: Callable[..., Any], *arguments: object, folder: Path | None) -> list[str]:
    """The command line that calls a module-level function and prints its result as JSON."""
    code = function.__code__
    folders = [str(Path(__file__).parent), *([str(folder)] if folder else [])]
    what = json.dumps([code.co_filename, code.co_name, arguments, folders])
    return [sys.executable, "-P", "-X", "faulthandler", "-W", "error", "-c", _START, what]


def run(
    function: Callable[..., Any],
    *arguments: object,
    folder: Path | None = None,
    environment: dict[str, str] | None = None,
    seconds: float = 120,
) -> Any:
    """What the function returned; the test fails when its process does not end well or in time."""
    done = subprocess.run(
        command(function, *arguments, folder=folder),
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout.splitlines()[-1])
