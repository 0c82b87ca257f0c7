from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent


class Jobs:
    """A worker of jobs in a process of its own, and what the command line tells about it."""

    def __init__(self, place, monkeypatch):
        self.place = place
        place.chmod(0o700)
        for name in ("XDG_RUNTIME_DIR", "TMPDIR"):
            monkeypatch.setenv(name, str(place))
        monkeypatch.setenv("LEAKGUARD_COOLDOWN", "0")
        path = [str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))
        self.process = None

    def start(self, *arguments):
        with (self.place / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", *arguments],
                cwd=self.place,
                stdin=subprocess.PIPE,
                text=True,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def send(self, *lines):
        """To the worker's standard input."""
        self.process.stdin.write("".join(f"{line}\n" for line in lines))
        self.process.stdin.flush()

    def log(self):
        log = self.place / "log"
        return log.read_text(errors="replace")[-4000:] if log.exists() else ""

    def run(self, code, *arguments):
        """What a client of the queue prints."""
        done = subprocess.run(
            [sys.executable, "-P", "-W", "ignore", "-c", code, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{done.stderr[-2000:]}\n{self.log()}"
        return done.stdout

    def eventually(self, question):
        deadline = time.monotonic() + 60
        while not (answer := question()):
            assert time.monotonic() < deadline, f"it never came true\n{self.log()}"
            assert self.process.poll() is None, self.log()
            time.sleep(0.05)
        return answer

    def told(self, *arguments):
        """What a verb of the command line answers as JSON."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "leakguard", *arguments, "--json"],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode in (0, 1), f"{done.stderr}\n{self.log()}"
        return json.loads(done.stdout)

    def workers(self, app):
        """The rows of the app's workers that live, the busiest first; none while it is unknown."""
        apps = {one["app"]: one["workers"] for one in self.told("workers")["apps"]}
        alive = [row for row in apps.get(app, ()) if row.get("ended_seconds") is None]
        return sorted(alive, key=lambda row: -row["requests"])

    def routes(self, app, pid):
        """By name: jobs that ended, that failed, that run; and the whole report."""
        report = self.told("top", "--app", app, "--worker", str(pid))
        rows = {
            row["route"]: (row["requests"], row["errors"], row["in_flight"])
            for row in report["routes"]
        }
        return rows, report

    def stop(self):
        """At once: a pool takes seconds to end well, and its children go with it."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)
            self.process.stdin.close()


@pytest.fixture
def jobs(tmp_path, monkeypatch):
    place = tmp_path / "jobs"
    place.mkdir()
    started = Jobs(place, monkeypatch)
    yield started
    started.stop()
