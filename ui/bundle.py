"""Builds the browser's part of the page into leakguard/ui/static, where npm is there to do it.

`python bundle.py [--require]`. A bundle that was made of these sources is left as it is. Without
npm, or without a network, this says so and ends with 0: the page is then served without pictures.
With `--require` it ends with 1.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "leakguard" / "ui" / "static"
STAMP = TARGET / "sources.sha256"
OLDEST_NODE = 18
MOST_SECONDS = 300
_INPUTS = ("build.mjs", "package.json", "package-lock.json", "src")


class NotBuiltError(Exception):
    """Why there is no new bundle, in words."""


def sources_hash() -> str:
    """A hash of everything that the bundle is made of."""
    digest = hashlib.sha256()
    for name in _INPUTS:
        for file in sorted(path for path in [HERE / name, *(HERE / name).rglob("*")]):
            if file.is_file():
                digest.update(file.relative_to(HERE).as_posix().encode() + b"\0")
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def is_current(wanted: str) -> bool:
    """Whether the bundle that is there was made of these sources."""
    try:
        return STAMP.read_text("ascii") == wanted and (TARGET / "manifest.json").is_file()
    except OSError:
        return False


def build(wanted: str) -> None:
    """Raises `NotBuiltError`."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise NotBuiltError("npm was not found")
    version = _run(node, "--version").strip()
    if int(version.lstrip("v").partition(".")[0] or 0) < OLDEST_NODE:
        raise NotBuiltError(f"Node {OLDEST_NODE} or newer is needed; this is {version}")
    if not _has_packages():
        options = ("--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0")
        _run(npm, "ci", *options)
    _run(npm, "run", "build", "--silent")
    STAMP.write_text(wanted, "ascii")


def _has_packages() -> bool:
    """Whether what the lock file names is installed, with or without what development needs."""
    try:
        wanted = _packages(HERE / "package-lock.json")
        there = _packages(HERE / "node_modules" / ".package-lock.json")
    except (OSError, ValueError):
        return False
    needed = {
        name: package["version"]
        for name, package in wanted.items()
        if name and not package.get("dev") and not package.get("optional")
    }
    return all(there.get(name, {}).get("version") == version for name, version in needed.items())


def _packages(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(file.read_text("utf-8"))["packages"]
    return loaded


def _run(*command: str) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=HERE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=MOST_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotBuiltError(str(error)) from None
    output = done.stdout.decode(errors="replace")
    if done.returncode:
        last = "\n".join(output.strip().splitlines()[-8:])
        what = " ".join((Path(command[0]).name, *command[1:3]))
        raise NotBuiltError(f"{what}: {last}")
    return output


@contextmanager
def _alone() -> Iterator[None]:
    """One build at a time: those of several Pythons may share this directory."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with (HERE / ".building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    wanted = sources_hash()
    if is_current(wanted):
        return 0
    try:
        with _alone():
            if not is_current(wanted):
                build(wanted)
    except (NotBuiltError, OSError) as problem:
        old = (TARGET / "manifest.json").is_file()
        result = "an older bundle is used" if old else "the page will be served WITHOUT PICTURES"
        print(f"LeakGuard: {result}; the script could not be built: {problem}", flush=True)
        return 1 if "--require" in sys.argv[1:] else 0
    print(f"LeakGuard: built the page's script into {os.path.relpath(TARGET)}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
