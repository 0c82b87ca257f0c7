"""Celery's own worker, of every pool, with a queue of files."""

from __future__ import annotations

import subprocess
import sys

import pytest

SEND = """
import shop_tasks as shop
sent = [shop.leak.delay() for _ in range(40)]
sent += [shop.fine.delay() for _ in range(8)]
sent += [shop.fail.delay() for _ in range(4)]
sent += [shop.again.delay()]
for one in sent:
    one.get(timeout=60, interval=0.02, propagate=False)
"""
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING")


def worker(jobs, *arguments):
    jobs.start("celery", "-A", "shop_tasks", "worker", *QUIET, *arguments)


@pytest.mark.parametrize("pool", ["solo", "threads", "prefork"])
def test_each_task_is_counted_by_its_name_and_the_one_that_leaks_is_named(jobs, pool):
    count = 2 if pool == "prefork" else 1
    worker(jobs, "-P", pool, "-c", "1" if pool == "solo" else "2")
    jobs.eventually(lambda: len(jobs.workers("celery-shop")) == count)
    jobs.run(SEND)
    total = {}
    rows = jobs.workers("celery-shop")
    assert len(rows) == count
    for row in rows:
        routes, report = jobs.routes("celery-shop", row["pid"])
        for name, figures in routes.items():
            total[name] = tuple(map(sum, zip(total.get(name, (0, 0, 0)), figures, strict=True)))
        if routes.get("task shop_tasks.leak", (0,))[0] >= 10:
            suspect = report["suspects"][0]
            assert suspect["holder"] == "shop_tasks.KEPT"
            assert [share["route"] for share in suspect["routes"]] == ["task shop_tasks.leak"]
            assert "task shop_tasks.leak seems to leak" in report["verdict"]["text"]
    del total["(no request)"]
    assert total == {
        "task shop_tasks.leak": (40, 0, 0),
        "task shop_tasks.fine": (8, 0, 0),
        "task shop_tasks.fail": (4, 4, 0),
        "task shop_tasks.again": (2, 0, 0),
    }


def test_a_process_that_is_recycled_leaves_its_last_words(jobs):
    worker(jobs, "-P", "prefork", "-c", "1", "--max-tasks-per-child", "5")
    jobs.eventually(lambda: jobs.workers("celery-shop"))
    jobs.run("import shop_tasks as s\nfor _ in range(7): s.leak.delay().get(60, interval=0.02)")

    def rows():
        (app,) = jobs.told("workers", "--app", "celery-shop")["apps"]
        return sorted(
            (row.get("ended_seconds") is not None, row["requests"]) for row in app["workers"]
        )

    jobs.eventually(lambda: rows() == [(False, 2), (True, 5)])


def test_a_task_that_runs_is_in_flight(jobs):
    worker(jobs, "-P", "prefork", "-c", "1")
    (row,) = jobs.eventually(lambda: jobs.workers("celery-shop"))
    gate = jobs.place / "gate"
    jobs.run("import sys, shop_tasks as s\ns.wait.delay(sys.argv[1])", gate)
    jobs.eventually(
        lambda: jobs.routes("celery-shop", row["pid"])[0].get("task shop_tasks.wait") == (0, 0, 1)
    )
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
    assert jobs.run(code).strip() == "task shop_tasks.fine 1 0 0 task shop_tasks.fail 1 1 0"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("LeakGuard(object())", "a object is no Celery app"),
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
