"""RQ's own workers, the forking one and the simple one, with a Redis that is an imitation."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ENQUEUE = """
import sys, redis, rq, shop_jobs
queue = rq.Queue("low", connection=redis.Redis(port=int(sys.argv[1])))
for job in sys.argv[3:]:
    queue.enqueue("shop_jobs." + job, *([sys.argv[2]] if job == "wait" else []))
"""
APP = "rq-low"


@pytest.fixture
def port():
    """Of a server in a process of its own: its threads are nobody's here."""
    code = (
        "import redis_server as r, sys\nwith r.serving() as port:\n"
        "    print(port, flush=True)\n    sys.stdin.read()"
    )
    path = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    with subprocess.Popen(
        [sys.executable, "-P", "-W", "ignore", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path)},
    ) as process:
        yield int(process.stdout.readline())
        process.kill()


def worker(jobs, port, name):
    url = f"redis://127.0.0.1:{port}"
    jobs.start("rq.cli", "worker", "-u", url, "--worker-class", f"leakguard_rq.{name}", "low")


def test_a_simple_worker_names_the_job_that_leaks(jobs, port):
    jobs.run(ENQUEUE, port, "-", *["leak"] * 12, "fail")
    worker(jobs, port, "SimpleWorker")
    row = jobs.eventually(lambda: [r for r in jobs.workers(APP) if r["requests"] == 13])[0]
    routes, report = jobs.routes(APP, row["pid"])
    assert routes["job shop_jobs.leak"] == (12, 0, 0)
    assert routes["job shop_jobs.fail"] == (1, 1, 0)
    assert report["suspects"][0]["holder"] == "shop_jobs.KEPT"
    assert report["suspects"][0]["routes"][0]["route"] == "job shop_jobs.leak"


@pytest.mark.parametrize("kind", ["Worker", "SpawnWorker"])
def test_a_worker_counts_and_the_process_of_a_long_job_can_be_asked(jobs, port, kind):
    gate = jobs.place / "gate"
    jobs.run(ENQUEUE, port, gate, *["leak"] * 3, "fail", "wait")
    worker(jobs, port, kind)
    waiting = Path(f"{gate}.pid")
    pid = int(jobs.eventually(lambda: waiting.exists() and waiting.read_text()))

    def both():  # and no longer the process of the job before
        found = jobs.workers(APP)
        pids = [row["pid"] for row in found]
        return pids == [jobs.process.pid, pid] and found[0]["requests"] == 5 and found

    parent, horse = jobs.eventually(both)
    routes, _ = jobs.routes(APP, parent["pid"])
    assert routes["job shop_jobs.leak"] == (3, 0, 0)
    assert routes["job shop_jobs.fail"] == (1, 1, 0)
    assert routes["job shop_jobs.wait"] == (0, 0, 1)
    assert horse["rss_bytes"] > 5_000_000
    routes, report = jobs.routes(APP, horse["pid"])
    assert routes["job shop_jobs.wait"] == (0, 0, 1)
    assert report["process"]["rss_bytes"] > 5_000_000
    suspect = report["suspects"][0]  # what the job holds while it runs
    assert suspect["retained_bytes"] == pytest.approx(5_000_000, rel=0.1)
    assert suspect["routes"][0]["route"] == "job shop_jobs.wait"
    gate.touch()
    jobs.eventually(lambda: len(jobs.workers(APP)) == 1)
    (app,) = jobs.told("workers", "--app", APP)["apps"]
    assert [row["pid"] for row in app["workers"]] == [parent["pid"]]  # the others left no trace


def test_each_worker_of_a_pool_is_one_of_the_app(jobs, port):
    jobs.run(ENQUEUE, port, "-", *["leak"] * 30, *["fail"] * 2)
    url = f"redis://127.0.0.1:{port}"
    kind = ["--worker-class", "leakguard_rq.SimpleWorker"]
    jobs.start("rq.cli", "worker-pool", "-u", url, "-n", "2", *kind, "low")
    rows = jobs.eventually(
        lambda: (
            len(found := jobs.workers(APP)) == 2
            and sum(row["requests"] for row in found) == 32
            and found
        )
    )
    assert jobs.process.pid not in [row["pid"] for row in rows]
    routes, report = jobs.routes(APP, rows[0]["pid"])
    assert routes["job shop_jobs.leak"][0] >= 12
    assert report["suspects"][0]["holder"] == "shop_jobs.KEPT"


SEND = """
import sys, asyncio
from arq import create_pool
from arq.connections import RedisSettings
async def main():
    pool = await create_pool(RedisSettings(port=int(sys.argv[1])))
    for job in sys.argv[3:]:
        await pool.enqueue_job(job, *([sys.argv[2]] if job == "wait_for" else []))
    await pool.aclose()
asyncio.run(main())
"""


def test_arq_counts_its_jobs_by_their_functions(jobs, port, monkeypatch):
    monkeypatch.setenv("ARQ_PORT", str(port))
    gate = jobs.place / "gate"
    jobs.run(SEND, port, gate, *["send"] * 20, "break_down", "again", "check", "wait_for")
    jobs.start("arq", "shop_jobs.WorkerSettings")
    app = "shop_jobs.WorkerSettings"
    row = jobs.eventually(lambda: [r for r in jobs.workers(app) if r["requests"] == 26])[0]
    routes, report = jobs.routes(app, row["pid"])
    assert routes["job send"] == (20, 0, 0)
    assert routes["job break_down"] == (1, 1, 0)
    assert routes["job again"] == (2, 0, 0)
    assert routes["job check"] == (1, 0, 0)
    assert routes["job cron:sweep"] == (1, 0, 0)
    assert routes["job wait_for"] == (0, 0, 1)
    assert report["suspects"][0]["holder"] == "shop_jobs.KEPT"
    assert report["suspects"][0]["routes"][0]["route"] == "job send"
    gate.touch()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("LeakGuard(3)", "an int is no settings of arq"),
        ("LeakGuard({})", "neither functions nor cron_jobs"),
        ("LeakGuard(LeakGuard({'functions': [work]}))", "have a LeakGuard already"),
        ("LeakGuard(tops=3)", "did you mean 'top'"),
    ],
)
def test_what_are_no_settings_of_arq_is_refused(jobs, settings, says):
    code = f"""
from leakguard_arq import LeakGuard
async def work(ctx): pass
try:
    {settings}
except Exception as error:
    print(type(error).__name__, error)
"""
    assert jobs.run(code).startswith("SettingsError")
    assert says in jobs.run(code)
