"""The servers that people run Python web apps with, and what each is asked to serve."""

from __future__ import annotations

import os
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from serving import free_port, running

from leakguard import workers

APPS = Path(__file__).with_name("apps")
PATIENCE = 60.0

GUNICORN = "gunicorn leaky:wsgi --bind 127.0.0.1:{port}"
GUNICORN_ASGI = "gunicorn leaky:asgi --bind 127.0.0.1:{port}"
HYPERCORN = "hypercorn leaky:asgi --bind 127.0.0.1:{port}"
GRANIAN = "granian --port {port} --no-ws"
UWSGI = "uwsgi --module leaky:wsgi --http-socket 127.0.0.1:{port} --enable-threads --die-on-term"

SERVERS = {
    "uvicorn": (1, "uvicorn leaky:asgi --port {port} --loop asyncio"),
    "uvicorn-4": (4, "uvicorn leaky:asgi --port {port} --loop asyncio --workers 4"),
    "uvicorn-uvloop": (1, "uvicorn leaky:asgi --port {port} --loop uvloop"),
    "uvicorn-uvloop-4": (4, "uvicorn leaky:asgi --port {port} --loop uvloop --workers 4"),
    "gunicorn-sync": (2, f"{GUNICORN} --workers 2"),
    "gunicorn-sync-preload": (2, f"{GUNICORN} --workers 2 --preload"),
    "gunicorn-gthread": (2, f"{GUNICORN} --workers 2 --worker-class gthread --threads 4"),
    "gunicorn-gevent": (1, f"{GUNICORN} --worker-class gevent"),
    "gunicorn-gevent-preload": (2, f"{GUNICORN} --workers 2 --worker-class gevent --preload"),
    "gunicorn-uvicorn": (
        1,
        f"{GUNICORN_ASGI} --worker-class uvicorn_worker.UvicornWorker --max-requests 10000",
    ),
    "gunicorn-uvicorn-preload": (
        2,
        f"{GUNICORN_ASGI} --workers 2 --worker-class uvicorn_worker.UvicornWorker --preload",
    ),
    "hypercorn": (1, HYPERCORN),
    "hypercorn-2": (2, f"{HYPERCORN} --workers 2"),
    "granian-asgi": (2, f"{GRANIAN} --interface asgi --workers 2 leaky:asgi"),
    "granian-wsgi": (1, f"{GRANIAN} --interface wsgi --blocking-threads 4 leaky:wsgi"),
    "waitress": (1, "waitress --listen=127.0.0.1:{port} leaky:wsgi"),
    "uwsgi": (2, f"{UWSGI} --master --processes 2"),
    "wsgiref": (1, "on_wsgiref {port}"),
}
"""By name: how many workers it has, and its command line."""


class Running:
    """A server of the table, with the requests that were sent to it, by route."""

    def __init__(self, server, title, count, place):
        self.server = server
        self.title = title
        self.workers = count
        self.place = place
        self.sent = {"GET /leak/{n}": 0, "GET /quiet/{n}": 0}

    def send(self, kind, requests, connections=8):
        """Each over a connection of its own: the system deals them out to the workers."""
        with ThreadPoolExecutor(connections) as pool:
            answers = list(pool.map(self.server.get, [f"/{kind}/7"] * requests))
        assert {(answer.status, answer.body) for answer in answers} == {(200, b"served")}
        self.sent[f"GET /{kind}/{{n}}"] += requests

    def rows(self, query=""):
        """The workers that there are and were, as any of them tells."""
        answer = self.server.leak(f"format=json{query}")
        assert answer.status == 200, answer.text
        return answer.json()["workers"]

    def alive(self):
        """Those that live, each with its report."""
        return [row for row in self.rows("&worker=all") if row["ended_seconds"] is None]

    def requests(self):
        """How many each worker has served, without a snapshot."""
        heard = [one.answer for one in workers.ask_all(self.entries(), "figures", timeout=30)]
        return [answer["requests"] for answer in heard if answer and answer["requests"]]

    def written(self):
        """How many they have served by what is on the disk, whatever becomes of them now."""
        words = [workers.last_words(one) or {} for one in self.entries()]
        return sum((one.get("figures") or {}).get("requests", 0) for one in words)

    def entries(self):
        return [one for one in workers.list_workers() if one.path.is_relative_to(self.place)]

    def processes(self):
        parent = psutil.Process(self.server.process.pid)
        return [parent, *parent.children(recursive=True)]


def until(condition):
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return found


@pytest.fixture
def serve(tmp_path, monkeypatch):
    """serve(command, how many workers) -> a Running."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))  # the workers are found from here too
    with ExitStack() as servers:

        def start(command, count=1):
            port = free_port()
            words = command.format(port=port).split()
            if words[0] == "uwsgi":  # a program of its own, with its own idea of where Python is
                words = [*program("uwsgi"), "--virtualenv", sys.prefix, *words[1:]]
            else:
                words = [sys.executable, "-P", "-m", *words]
            path = os.pathsep.join(filter(None, [str(APPS), os.environ.get("PYTHONPATH")]))
            log_file = tmp_path / "server.log"
            server = running(words, port, log_file, directory=APPS, env={"PYTHONPATH": path})
            title = next((word for word in words if word.startswith("leaky:")), "on_wsgiref")
            return Running(servers.enter_context(server), title, count, tmp_path)

        yield start


def program(name):
    """The command that runs an installed program; [] if there is none."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    return [found] if found else []
