from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading

from leakguard.endpoint.snapshots import Failed, Snapshots, Taken


def test_the_settings_reach_the_pipeline(make_endpoint, ask, examine):
    ask(make_endpoint(timeout=7, memory_limit="64MB"), "top=2")
    (options,) = examine.calls
    assert options["top"] == 50
    assert (options["timeout"], options["memory_limit"]) == (7.0, 64 << 20)
    assert options["cancel"].is_set() is False


def test_requests_while_one_runs_share_it_whatever_their_top(make_endpoint, a_request, examine):
    endpoint = make_endpoint()
    examine.go.clear()

    async def run():
        asking = [
            asyncio.create_task(endpoint.answer(a_request(f"format=json&top={top}")))
            for top in range(1, 11)
        ]
        # The loop is free meanwhile.
        await asyncio.to_thread(examine.started.wait, 10)
        await asyncio.sleep(0)
        examine.go.set()
        return await asyncio.gather(*asking)

    responses = asyncio.run(run())
    assert len(examine.calls) == 1
    counts = [len(json.loads(response.body)["suspects"]) for response in responses]
    assert counts == list(range(1, 11))
    assert all("age" not in dict(response.headers) for response in responses)


def test_requests_from_several_event_loops_share_it(make_endpoint, a_request, examine):
    endpoint = make_endpoint()
    examine.go.clear()
    statuses = []

    def run():
        statuses.append(asyncio.run(endpoint.answer(a_request())).status)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert examine.started.wait(10)
    examine.go.set()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 4
    assert len(examine.calls) == 1


def test_a_cool_down_answers_with_the_last_one_and_its_age(
    make_endpoint, ask, examine, clock, monkeypatch
):
    endpoint = make_endpoint(cooldown=5)
    monkeypatch.setattr(endpoint._watch.reports, "_clock", clock)
    assert "age" not in dict(ask(endpoint).headers)
    clock.now += 3.2
    response = ask(endpoint, "format=json")
    assert dict(response.headers)["age"] == "3"
    assert json.loads(response.body)["snapshot"]["age_seconds"] == 3.2
    assert len(examine.calls) == 1
    clock.now += 2
    assert "age" not in dict(ask(endpoint).headers)
    assert len(examine.calls) == 2


def test_a_reader_who_leaves_takes_nothing_from_the_others(
    make_endpoint, a_request, examine, caplog
):
    endpoint = make_endpoint()
    caplog.set_level("INFO", "leakguard.audit")
    examine.go.clear()

    async def run():
        first = asyncio.create_task(endpoint.answer(a_request(client="first")))
        second = asyncio.create_task(endpoint.answer(a_request(client="second")))
        await asyncio.to_thread(examine.started.wait, 10)
        first.cancel()
        await asyncio.wait([first])
        assert first.cancelled()
        examine.go.set()
        return await second

    assert asyncio.run(run()).status == 200
    assert len(examine.calls) == 1
    assert any("first GET /_leak gone in" in record.message for record in caplog.records)


def test_the_snapshot_goes_on_when_all_readers_have_left(make_endpoint, a_request, ask, examine):
    endpoint = make_endpoint()
    examine.go.clear()

    async def leave():
        asking = asyncio.create_task(endpoint.answer(a_request()))
        await asyncio.to_thread(examine.started.wait, 10)
        asking.cancel()
        await asyncio.wait([asking])

    asyncio.run(leave())
    (thread,) = examine.threads
    assert thread.is_alive()
    examine.go.set()
    thread.join(10)
    assert "age" in dict(ask(endpoint).headers)
    assert len(examine.calls) == 1


def test_the_thread_is_one_that_nothing_waits_for_at_the_end(make_endpoint, ask, examine):
    ask(make_endpoint())
    (thread,) = examine.threads
    assert thread is not threading.main_thread()
    assert thread.daemon


def test_a_process_that_ends_cancels_its_snapshot_and_does_not_wait():
    program = """
import atexit, threading
from leakguard.endpoint.snapshots import Snapshots
started, seen = threading.Event(), threading.Event()
atexit.register(lambda: print(seen.wait(20)))
def examine(cancel):
    started.set()
    cancel.wait()
    seen.set()
    threading.Event().wait()
Snapshots(examine, cooldown=0).get()
started.wait()
"""
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_a_failure_is_not_kept(caplog):
    outcomes = iter([ValueError("x"), SystemExit(3), None])

    def examine(cancel):
        error = next(outcomes)
        if error is not None:
            raise error
        return "findings"

    snapshots = Snapshots(examine, cooldown=100)
    assert isinstance(snapshots.get().result(10), Failed)
    assert isinstance(snapshots.get().result(10), Failed)
    taken = snapshots.get().result(10)
    assert isinstance(taken, Taken)
    assert snapshots.get().result(10) is taken
    assert len(caplog.records) == 2


def test_no_thread_to_be_had_is_a_failure_and_not_for_ever(monkeypatch, caplog):
    snapshots = Snapshots(lambda cancel: "findings", cooldown=0)

    def refuse(self):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        failed = snapshots.get().result(10)
    assert isinstance(failed, Failed)
    assert failed.status == 500
    assert isinstance(snapshots.get().result(10), Taken)


def test_a_forked_child_starts_over():
    running = threading.Event()
    go = threading.Event()

    def examine(cancel):
        running.set()
        assert go.wait(20)
        return "findings"

    snapshots = Snapshots(examine, cooldown=100)
    shared = snapshots.get()
    assert running.wait(10)
    child = os.fork()
    if child == 0:
        go.set()
        try:
            os._exit(0 if isinstance(snapshots.get().result(10), Taken) else 1)
        finally:
            os._exit(2)
    _, status = os.waitpid(child, 0)
    go.set()
    assert isinstance(shared.result(10), Taken)
    assert os.waitstatus_to_exitcode(status) == 0
