"""The page's script is built where npm is; where it is not, the build goes on and says so."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UI = Path(__file__).resolve().parents[1] / "ui"


@pytest.fixture
def copy(tmp_path):
    """A checkout without anything built in it."""
    shutil.copytree(UI, tmp_path / "ui", ignore=shutil.ignore_patterns("node_modules", ".*"))
    return tmp_path


def bundle(checkout, *options, path=""):
    return subprocess.run(
        [sys.executable, checkout / "ui/bundle.py", *options],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_npm_the_build_goes_on_and_says_so(copy):
    done = bundle(copy)
    assert done.returncode == 0
    assert "WITHOUT PICTURES" in done.stdout
    assert "npm was not found" in done.stdout
    assert not (copy / "leakguard").exists()


def test_where_it_is_required_the_build_ends(copy):
    assert bundle(copy, "--require").returncode == 1


def test_without_a_network_the_build_goes_on_and_says_so(copy, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, does in (("node", "echo v20.0.0"), ("npm", "echo no network >&2; exit 1")):
        (tools / name).write_text(f"#!/bin/sh\n{does}\n")
        (tools / name).chmod(0o755)
    done = bundle(copy, path=f"{tools}:/usr/bin:/bin")
    assert done.returncode == 0
    assert "WITHOUT PICTURES" in done.stdout
    assert "no network" in done.stdout


def test_a_bundle_of_the_same_sources_is_left_as_it_is(copy, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    static = copy / "leakguard/ui/static"
    # an npm that builds in a moment, and counts how often
    (tools / "node").write_text("#!/bin/sh\necho v22.1.0\n")
    build = f"mkdir -p '{static}'; echo '{{}}' > '{static}/manifest.json'; echo x >> '{tools}/ran'"
    (tools / "npm").write_text(f'#!/bin/sh\ntest "$1" = ci && exit 0\n{build}\n')
    for name in ("node", "npm"):
        (tools / name).chmod(0o755)
    path = f"{tools}:/usr/bin:/bin"
    for _ in range(2):
        assert bundle(copy, path=path).returncode == 0
    assert (tools / "ran").read_text() == "x\n"
    assert bundle(copy, "--require").returncode == 0  # needs no npm: it is there
    with (copy / "ui/src/main.ts").open("a") as source:
        source.write("// changed\n")
    assert "an older bundle is used" in bundle(copy).stdout
    bundle(copy, path=path)
    assert (tools / "ran").read_text() == "x\nx\n"


def test_the_lock_file_names_no_registry():
    packages = json.loads((UI / "package-lock.json").read_text("utf-8"))["packages"]
    assert not [name for name, package in packages.items() if "resolved" in package]
