"""The benchmark of accuracy, small: bytes a request near the truth, nothing on a clean route.

The targets are the full benchmark's. What is left to chance are the samples, and a suspect's bytes
come from the image itself: its samples, some hundred here, only say whose they are.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("mode", "leaks"), [("asyncio", "mixed"), ("asyncio", "small"), ("threads", "mixed")]
)
def test_routes_that_leak_are_told_from_routes_that_do_not(mode, leaks):
    ended = subprocess.run(
        [
            *(sys.executable, "-P", str(ROOT / "benchmarks"), "accuracy", "--only-leakguard"),
            *("--requests=5200", "--interval=8192", "--upload-every=5"),
            *(f"--mode={mode}", f"--leaks={leaks}"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "every target is met" in ended.stdout
