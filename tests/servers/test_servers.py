"""Each server started for real: LeakGuard answers for all its workers while it goes on serving."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from tests.servers.conftest import GUNICORN, SERVERS, program, until

pytestmark = pytest.mark.e2e

LEAK, QUIET = "GET /leak/{n}", "GET /quiet/{n}"
LEAST = 12
"""Leaking requests of each worker: enough samples to say what they hold."""
ONE_AT_A_TIME = ("wsgiref",)  # it answers, or it serves
HOLDER = "leaky.orders"

# uWSGI comes as C source, and is tested where it could be built.
HERE = [name for name in SERVERS if name != "uwsgi" or program("uwsgi")]


@pytest.fixture(params=HERE)
def app(request, serve):
    workers, command = SERVERS[request.param]
    return serve(command, workers)


def test_a_server(app, request):
    assert app.server.get("/_leak").status == 401
    until(lambda: leaked_in_all(app))
    asked(app, request.node.callspec.params["app"] not in ONE_AT_A_TIME)
    until(lambda: counted(app) == {route: (sent, 0, 0) for route, sent in app.sent.items()})
    until(lambda: app.written() == sum(app.sent.values()))
    assert {one.facts.app for one in app.entries()} == {app.title}
    stopped(app)


def leaked_in_all(app):
    """Until each worker has leaked: which connection goes to which is the system's choice."""
    app.send("leak", 40)
    served = app.requests()
    return len(served) == app.workers and min(served) >= LEAST


def asked(app, serves_meanwhile):
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(app.alive)
        served = 0
        while not asking.done():
            app.send("quiet", 1, connections=1)
            served += not asking.done()
    assert served > 3 or not serves_meanwhile
    rows = asking.result()
    assert {row["pid"] for row in rows} <= {process.pid for process in app.processes()}
    assert len(rows) == app.workers
    for row in rows:
        report = row["report"]
        assert report["process"]["pid"] == row["pid"]
        assert report["suspects"][0]["holder"] == HOLDER
        assert [found["route"] for found in report["suspects"][0]["routes"]][:1] == [LEAK]
        bytes_a_request = figures(row, LEAK)["live_bytes"] / requests(row, LEAK)
        assert 100_000 < bytes_a_request < 300_000
        held_by = " ".join(found["holder"] for found in report["suspects"])
        assert "leakguard" not in held_by


def counted(app):
    """Requests, errors, in flight of each route in all workers."""
    sums = {}
    for row in app.alive():
        for route in row["report"]["routes"]:
            if route["route"] in app.sent:
                one = [route[name] for name in ("requests", "errors", "in_flight")]
                before = sums.get(route["route"], (0, 0, 0))
                sums[route["route"]] = tuple(map(sum, zip(before, one, strict=True)))
    return sums


def stopped(app):
    processes = app.processes()
    app.server.process.terminate()
    gone, left = psutil.wait_procs(processes, timeout=30)
    assert not left
    assert len(gone) == len(processes)
    assert "Traceback" not in app.server.log()


def test_recycled_workers_leave_their_last_words(serve):
    app = serve(f"{GUNICORN} --max-requests 30 --graceful-timeout 30")

    def ended():
        app.send("leak", 20, connections=1)
        return [row for row in app.rows() if row["ended_seconds"] is not None]

    row = until(ended)[0]
    assert row["left"]
    assert 0 < row["requests"] <= 30
    assert all(requests(other, LEAK) <= 30 for other in app.alive())


def test_a_view_under_gevent(serve):
    app = serve(SERVERS["gunicorn-gevent"][1])
    app.send("leak", 20)
    app.rows()
    token = {"Authorization": f"Bearer {app.server.token}"}
    image = app.server.get("/_leak/images", **token).json()["images"][0]["id"]
    answer = app.server.get(f"/_leak/view/types?image={image}", **token)
    assert answer.status == 200, answer.text
    assert answer.json()["total"] > 100
    app.send("quiet", 20)


def figures(row, name):
    for route in row["report"]["routes"]:
        if route["route"] == name:
            return route
    return {"requests": 0}


def requests(row, name):
    return figures(row, name)["requests"]
