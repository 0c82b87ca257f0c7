"""LeakGuard in a process without requests: `leakguard.start`."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading

import pytest

from leakguard import LeakGuardError, SettingsError, background, cli, start, track, workers
from leakguard.routes import sampling


@pytest.fixture(autouse=True)
def runtime(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    tmp_path.chmod(0o700)
    others = set(threading.enumerate())
    yield
    if background._started is not None:
        background._started.stop()
    sampling.stop()
    for thread in set(threading.enumerate()) - others:
        if thread.name == "leakguard-workers":
            thread.join(30)


def registered(name="jobs"):
    return [entry.pid for entry in workers.list_workers(name) if entry.alive]


def test_the_process_is_known_and_its_tracks_are_its_routes(capsys):
    start(app_name="jobs", baseline=False)
    assert registered() == [os.getpid()]
    with track("import orders"):
        pass
    assert cli.main(["workers", "--app", "jobs"]) == 0
    row = capsys.readouterr().out.splitlines()[2].split()
    assert row[0] == str(os.getpid())
    assert "1" in row  # run


def test_it_is_refused_twice_and_possible_again_after_stop():
    first = start(app_name="jobs", baseline=False)
    with pytest.raises(LeakGuardError, match="was called in this process before"):
        start(app_name="jobs")
    first.stop()
    assert registered() == []
    start(app_name="jobs", baseline=False).stop()


def test_wrong_options_start_nothing():
    with pytest.raises(SettingsError, match="did you mean 'app_name'"):
        start(appname="jobs")
    assert background._started is None


def test_without_the_listener_it_stays_unknown_and_says_so(caplog):
    start(app_name="jobs", listener=False)
    with track("import orders"):
        pass
    assert registered() == []
    assert "nobody can ask this process" in caplog.text


def test_a_tick_that_fails_does_not_reach_the_app(monkeypatch, caplog):
    started = start(app_name="jobs", baseline=False)
    monkeypatch.setattr(started._ledger, "on_tick", lambda: 1 / 0)
    with track("import orders"):
        pass
    assert "LeakGuard failed" in caplog.text


FORKS = """
import os, sys
import leakguard
from leakguard import workers

def known():
    return sorted(entry.pid for entry in workers.list_workers("jobs") if entry.alive)

def child(code):
    pid = os.fork()
    if pid == 0:
        try:
            code()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)

def tracked():
    assert os.getpid() not in known()
    with leakguard.track("job"):
        pass
    assert os.getpid() in known(), known()
    print("tracked", flush=True)

def started():
    leakguard.start(app_name="jobs", baseline=False)
    assert os.getpid() in known(), known()
    try:
        leakguard.start(app_name="jobs")
    except leakguard.LeakGuardError:
        print("started", flush=True)

leakguard.start(app_name="jobs", baseline=False)
child(tracked)
child(started)
assert known() == [os.getpid()], known()
with leakguard.track("job"):
    child(tracked)
"""


def test_the_child_of_a_fork_is_a_worker_of_its_own():
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(FORKS)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.split() == ["tracked", "started", "tracked"], done.stderr
