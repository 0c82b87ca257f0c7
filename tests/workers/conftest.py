from __future__ import annotations

import os
import select
import subprocess
import sys
import tempfile
import textwrap
import time

import pytest

from leakguard.workers import App, Worker

APP = App("shop", "shop")


@pytest.fixture(autouse=True)
def runtime(tmp_path, monkeypatch):
    """A runtime directory of this test's own, with a path that is longer than an address may be."""
    place = tmp_path / ("run" + "-of-a-test" * 10)
    place.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # for the processes that a test starts
    for name in ("LEAKGUARD_TOKEN", "LEAKGUARD_APP_NAME"):
        monkeypatch.delenv(name, raising=False)
    return place


@pytest.fixture
def folder(runtime):
    return runtime / "leakguard" / "workers" / "shop"


@pytest.fixture
def join():
    """join(verbs) -> a worker of the app "shop" in this process."""
    made = []

    def start(verbs=None, *, app=APP, figures=lambda: {"pid": os.getpid(), "requests": 7}):
        worker = Worker(app, figures, verbs or {})
        made.append(worker)
        worker.join()
        return worker

    yield start
    for worker in made:
        worker.leave()


class Process:
    """A Python process of its own: `line()` is what it says next, `tell()` what it reads."""

    def __init__(self, code):
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(code)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.pid = self._process.pid

    def line(self):
        ready, _, _ = select.select([self._process.stdout], [], [], 60)
        assert ready, "the process says nothing"
        return self._process.stdout.readline().rstrip("\n")

    def tell(self, text=""):
        self._process.stdin.write(text + "\n")

    def kill(self):
        self._process.kill()
        self._process.wait(60)

    def end(self):
        self._process.stdin.close()
        assert self._process.wait(60) == 0

    def close(self):
        self._process.kill()
        self._process.wait(60)
        self._process.stdin.close()
        self._process.stdout.close()


@pytest.fixture
def process():
    """process(code) -> a `Process` that is gone when the test ends."""
    made = []

    def start(code):
        made.append(Process(code))
        return made[-1]

    yield start
    for one in made:
        one.close()


WORKER = """
import os, sys, threading
from leakguard.workers import App, Worker
worker = Worker(App("shop", "shop"), lambda: {"pid": os.getpid(), "requests": 7}, {})
worker.join()
print(worker.stem, flush=True)
for line in sys.stdin:
    pass
"""


@pytest.fixture
def other(process):
    """other() -> another worker of the app "shop", in a process of its own."""

    def start():
        started = process(WORKER)
        started.stem = started.line()
        return started

    return start


@pytest.fixture
def eventually():
    """eventually(question) -> its first true answer; what it waits for happens in a thread."""
    return _eventually


def _eventually(question):
    deadline = time.monotonic() + 30
    while not (answer := question()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)
    return answer
