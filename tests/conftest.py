"""What tests share: a runtime directory and tracks of their own, snapshots that find nothing."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import tempfile

import hypothesis
import pytest

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile(
    "whole", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("whole")


def pytest_addoption(parser):
    parser.addoption("--screenshots", metavar="DIR", help="keep the browser tests' pictures there")


@pytest.fixture(autouse=True, scope="session")
def own_runtime_directory(tmp_path_factory):
    """Processes of one user take turns with their snapshots, and meet as workers there."""
    place = tmp_path_factory.mktemp("runtime")
    place.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(place))
        patch.setenv("TMPDIR", str(place))  # where workers without the former meet
        yield


@pytest.fixture(autouse=True, scope="session")
def interrupts_are_heard():
    """Tests in the background ignore Ctrl-C, and so would what they start and interrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_tracks(monkeypatch):
    """The tracks of a process are rows of every report in it."""
    from leakguard.routes import tracks

    monkeypatch.setattr(tracks, "_tracks", {})


@pytest.fixture(autouse=True)
def own_workers():
    """What a test has registered listens as long as the process lives: hundreds of them at last."""
    from leakguard.workers import worker

    there = set(worker._workers)
    yield
    for made in set(worker._workers) - there:
        made.leave(trace=False)


@pytest.fixture
def on_its_own(monkeypatch, tmp_path):
    """An endpoint that has no tokens and no wrong guesses of other tests, and stops sampling."""
    from leakguard.endpoint import lockout
    from leakguard.routes import sampling

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    lockout.process_lockout.cache_clear()
    yield
    sampling.stop()
    lockout.process_lockout.cache_clear()


@pytest.fixture
def nothing_found(monkeypatch):
    """Snapshots are not taken: each would find nothing. For tests of what carries the answer."""
    from leakguard import pipeline
    from leakguard.analyser import Examined
    from leakguard.analysis.findings import Findings, ProcessFacts, SnapshotFacts, Verdict

    findings = Findings(
        ProcessFacts(1, "host-1", "3.12.1", 1.0, 1 << 20),
        SnapshotFacts("fork", 0.003, 0.2, 10, 9, 30, 1 << 20, 0.96),
        Verdict("none", "Nothing stands out.", 0.8),
        (),
        (),
    )
    monkeypatch.setattr(pipeline, "examine_with", lambda *_, **__: Examined(findings, None))


@pytest.fixture
def on_a_terminal():
    """on_a_terminal(command, environment) -> exit status, and all that is written there.

    With `stderr` given, what goes to standard error goes there instead.
    """

    def run(command, environment, stderr=None):
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            command,
            stdout=theirs,
            stderr=theirs if stderr is None else stderr,
            env=environment,
        ) as process:
            os.close(theirs)
            shown = b""
            try:
                while piece := os.read(ours, 65_536):
                    shown += piece
            except OSError:
                pass  # how Linux says that the other end is closed
            finally:
                os.close(ours)
        return process.returncode, shown

    return run
