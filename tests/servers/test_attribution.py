"""Fifty requests at a time, ended in every way: what is counted is what was sent, each its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

APPS = Path(__file__).with_name("apps")


@pytest.mark.parametrize("load", ["load_wsgi", "load_wsgi gevent", "load_asgi"])
def test_requests_and_what_they_keep_are_told_apart(load, tmp_path):
    path = os.pathsep.join(filter(None, [str(APPS), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-P", "-m", *load.split()],
        env={**os.environ, "PYTHONPATH": path, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["counted"] == told["sent"]
    assert told["in_flight"] == 0
    for kind, share in told["held"].items():  # of the bytes that its requests keep
        assert 0.75 < share < 1.25, kind
