"""Celery's own worker, of every pool, with a queue in memory."""

from __future__ import annotations

import subprocess
import sys

import pytest

APP = "celery-shop"


def worker(jobs, pool, count, *arguments):
    """The rows of the processes that run tasks, as soon as they are known."""
    jobs.start("shop_tasks", "-P", pool, "-c", str(count), *arguments)
    processes = count if pool == "prefork" else 1
    return jobs.eventually(lambda: len(jobs.workers(APP)) == processes and jobs.workers(APP))


@pytest.mark.parametrize("pool", ["solo", "threads", "prefork"])
def test_each_task_is_counted_by_its_name_and_the_one_that_leaks_is_named(jobs, pool):
    rows = worker(jobs, pool, 1 if pool == "solo" else 2)
    # The second run of this one is published where the first has failed: in a pool's own memory.
    runs_of_again = 1 if pool == "prefork" else 2
    jobs.send(*["leak"] * 40, *["fine"] * 8, *["fail"] * 4, "again")
    ended = 52 + runs_of_again
    jobs.eventually(lambda: sum(row["requests"] for row in jobs.workers(APP)) == ended)
    total = {}
    for row in rows:
        routes, report = jobs.routes(APP, row["pid"])
        for name, figures in routes.items():
            total[name] = tuple(map(sum, zip(total.get(name, (0, 0, 0)), figures, strict=True)))
        if routes.get("task shop.leak", (0,))[0] >= 15:
            suspect = report["suspects"][0]
            assert suspect["holder"] in ("shop_tasks.KEPT", "__main__.KEPT")
            assert [share["route"] for share in suspect["routes"]] == ["task shop.leak"]
            assert "task shop.leak seems to leak" in report["verdict"]["text"]
    total.pop("(no request)", None)
    assert total == {
        "task shop.leak": (40, 0, 0),
        "task shop.fine": (8, 0, 0),
        "task shop.fail": (4, 4, 0),
        "task shop.again": (runs_of_again, 0, 0),
    }


@pytest.mark.parametrize("pool", ["gevent", "eventlet"])
def test_tasks_of_greenlets_that_run_at_once_are_each_counted(jobs, monkeypatch, pool):
    spool, outbox = jobs.place / "spool", jobs.place / "outbox"
    spool.mkdir()
    outbox.mkdir()
    monkeypatch.setenv("SPOOL", str(spool))
    gate = jobs.place / "gate"
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING"]
    jobs.start("celery", "-A", "shop_tasks", "worker", *quiet, "-P", pool, "-c", "30")
    (row,) = jobs.eventually(lambda: jobs.workers(APP))
    monkeypatch.setenv("OUTBOX", str(outbox))
    jobs.run(SEND, *["leak"] * 20, *["fine"] * 5, *["fail"] * 3, *[f"wait {gate}"] * 6)
    for message in outbox.iterdir():  # the worker would read one that is not whole yet
        message.rename(spool / message.name)
    name = "task shop.wait"
    jobs.eventually(lambda: jobs.routes(APP, row["pid"])[0].get(name) == (0, 0, 6))
    jobs.eventually(lambda: jobs.workers(APP)[0]["requests"] == 34)
    routes, report = jobs.routes(APP, row["pid"])
    gate.touch()
    assert routes["task shop.leak"] == (20, 0, 0)
    assert routes["task shop.fine"] == (5, 0, 0)
    assert routes["task shop.fail"] == (3, 3, 0)
    assert report["suspects"][0]["holder"] == "shop_tasks.KEPT"
    assert [share["route"] for share in report["suspects"][0]["routes"]] == ["task shop.leak"]
    jobs.eventually(lambda: jobs.routes(APP, row["pid"])[0][name] == (6, 0, 0))


SEND = """
import sys, shop_tasks
for line in sys.argv[1:]:
    name, *arguments = line.split()
    shop_tasks.app.tasks["shop." + name].delay(*arguments)
"""


def test_a_process_that_is_recycled_leaves_its_last_words(jobs):
    worker(jobs, "prefork", 1, "--max-tasks-per-child", "5")
    jobs.send(*["leak"] * 7)

    def rows():
        (app,) = jobs.told("workers", "--app", APP)["apps"]
        return sorted(
            (row.get("ended_seconds") is not None, row["requests"]) for row in app["workers"]
        )

    jobs.eventually(lambda: rows() == [(False, 2), (True, 5)])


def test_a_task_that_runs_is_in_flight(jobs):
    (row,) = worker(jobs, "prefork", 1)
    gate = jobs.place / "gate"
    jobs.send(f"wait {gate}")
    jobs.eventually(lambda: jobs.routes(APP, row["pid"])[0].get("task shop.wait") == (0, 0, 1))
    gate.touch()


def test_importing_the_app_starts_nothing_and_eager_tasks_are_tracks(jobs):
    code = """
import threading
from leakguard.routes import sampling, tracks
import shop_tasks as shop
assert not sampling.running() and threading.active_count() == 1
shop.fine.apply()
shop.fail.apply()
print(*(f"{n} {f.requests} {f.errors} {f.under_way}" for n, f in tracks.all_figures().items()))
"""
    assert jobs.run(code).strip() == "task shop.fine 1 0 0 task shop.fail 1 1 0"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("LeakGuard(object())", "an object is no Celery app"),
        ("LeakGuard(app); LeakGuard(app)", "'shop' has a LeakGuard already"),
        ("LeakGuard(app, tops=3)", "did you mean 'top'"),
    ],
)
def test_what_cannot_be_watched_is_refused(code, says):
    begin = "from celery import Celery\nfrom leakguard_celery import LeakGuard\n"
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"{begin}app = Celery('shop')\n{code}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert says in done.stderr
