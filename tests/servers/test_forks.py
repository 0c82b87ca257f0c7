"""A worker that is forked counts what it serves itself, whatever ran before the fork."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

APPS = Path(__file__).with_name("apps")
START = f"import sys; sys.path.insert(0, {str(APPS)!r})\n"

# A server that loads the app, serves with it, asks it, and only then forks its workers.
PRELOADED = """
import json, os
from leakguard import track, workers
from leakguard.routes import _sampler, sampling
import leaky

def get(path):
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_NAME": "x", "SERVER_PORT": "80",
               "HTTP_AUTHORIZATION": "Bearer " + os.environ["LEAKGUARD_TOKEN"],
               "wsgi.url_scheme": "http", "HTTP_HOST": "localhost", "QUERY_STRING": "format=json"}
    answer = leaky.wsgi(environ, lambda status, headers, error=None: print(status, end=" "))
    return b"".join(answer)

def routes():
    return {row.route: (row.requests, row.in_flight) for row in leaky.wsgi._ledger.report()}

for _ in range(3):
    get("/leak/1")
with track("nightly"):
    pass
before = json.loads(get("/_leak"))["process"]["pid"]
print(os.getpid() == before, routes()["GET /leak/{n}"], routes()["nightly"])
for number in range(2):
    if not os.fork():
        print(sampling.running(), routes()["GET /leak/{n}"], routes().get("nightly", (0, 0))[0])
        get("/quiet/1")
        found = json.loads(get("/_leak"))
        counted = {row["route"]: row["requests"] for row in found["routes"]}
        print(found["process"]["pid"] == os.getpid(), counted["GET /quiet/{n}"])
        print(counted["GET /leak/{n}"], found["growth"]["snapshots"])
        mine = [one for one in workers.list_workers() if one.pid == os.getpid() and one.alive]
        print(len(mine), workers.ask(mine[0], "figures", timeout=30)["requests"], flush=True)
        os._exit(0)
    os.wait()
print(routes()["GET /leak/{n}"])
"""


def test_forked_after_it_has_served(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("LEAKGUARD_TOKEN", "a-token-that-nobody-may-see")
    out = run(PRELOADED)
    child = ["True (0, 0) 0", "200 OK 200 OK True 1", "0 1", "1 1"]
    parent = "200 OK 200 OK 200 OK 200 OK True (3, 0) (1, 0)"
    assert out == [parent, *child, *child, "(3, 0)"]


def test_an_import_starts_nothing():
    out = run("""
        import os, threading
        import leakguard, leakguard.wsgi
        from leakguard.routes import sampling
        print(threading.active_count(), len(os.listdir("/proc/self/task")), sampling.running())
    """)
    assert out == ["1 1 False"]


def run(program):
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", "-c", START + textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
