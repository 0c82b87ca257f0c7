from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from leakguard.routes import sampling


@pytest.fixture
def sampler():
    """The native sampler, stopped before and after; it does not see what the test itself keeps."""
    assert sampling.problem() is None
    from leakguard.routes import _sampler

    sampling.stop()
    yield _sampler
    sampling.stop()


@pytest.fixture
def alone():
    """alone(code) -> what it printed, in a fresh interpreter that samples nothing yet."""
    return _alone


def _alone(code, *options, status=0):
    program = "from leakguard.routes import _sampler, sampling\n" + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-P", *options, "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == status, done.stderr
    return done.stdout.split()
