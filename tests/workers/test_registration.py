from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from leakguard.workers import App, Worker, ask, list_workers


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


def names(folder):
    return {path.suffix for path in folder.iterdir()}


def test_a_worker_is_listed_with_who_it_is(join):
    join()
    (entry,) = list_workers()
    assert entry.alive
    assert (entry.pid, entry.facts.ppid) == (os.getpid(), os.getppid())
    assert entry.facts.app == "shop"
    of_the_kernel = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    assert entry.facts.ticks == int(of_the_kernel[19])


def test_only_this_user_can_look_at_what_it_keeps(join, folder, eventually):
    join()
    eventually(lambda: ".last" in names(folder))
    assert [mode(path) for path in (folder, folder.parent, folder.parent.parent)] == [0o700] * 3
    assert {path.suffix: mode(path) for path in folder.iterdir()} == dict.fromkeys(
        (".live", ".sock", ".last"), 0o600
    )


def test_making_a_worker_does_nothing_yet(runtime):
    before = threading.active_count()
    Worker(App("shop", "shop"), dict, {})
    assert list(runtime.iterdir()) == []
    assert threading.active_count() == before


def test_joining_twice_is_joining_once(join):
    worker = join()
    stem = worker.stem
    worker.join()
    assert worker.stem == stem
    assert len(list_workers()) == 1


def test_many_threads_join_once(join):
    worker = Worker(App("shop", "shop"), dict, {})
    barrier = threading.Barrier(8)

    def start():
        barrier.wait()
        worker.join()

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list_workers()) == 1
    worker.leave()


def test_workers_of_several_processes_meet(join, other):
    join()
    pids = {os.getpid(), other().pid, other().pid}
    assert {entry.pid for entry in list_workers("shop")} == pids


def test_apps_are_apart(join):
    join()
    join(app=App("blog", "blog"))
    assert [entry.facts.app for entry in list_workers()] == ["blog", "shop"]
    assert [entry.facts.app for entry in list_workers("shop")] == ["shop"]
    assert list_workers("shoe") == []


def test_it_lives_by_its_lock_and_not_by_its_pid(other, folder):
    dead = other()
    dead.kill()
    live = folder / f"{dead.stem}.live"
    facts = json.loads(live.read_text())
    live.write_text(json.dumps({**facts, "pid": os.getpid()}))  # somebody else's by now
    (entry,) = list_workers()
    assert entry.pid == os.getpid()
    assert not entry.alive


def test_a_process_that_has_died_is_found(join, other):
    join()
    killed = other()
    killed.kill()
    assert {entry.pid: entry.alive for entry in list_workers()} == {
        os.getpid(): True,
        killed.pid: False,
    }


def test_the_child_of_a_fork_registers_anew_and_leaves_the_parent_be(process):
    parent = process("""
        import os, sys
        from leakguard.workers import App, Worker
        worker = Worker(App("shop", "shop"), lambda: {"pid": os.getpid()}, {})
        worker.join()
        child = os.fork()
        if not child:
            sys.stdin.readline()
            worker.join()
        print(os.getpid(), worker.stem, flush=True)
        if child:
            os.waitpid(child, 0)
        sys.stdin.readline()
    """)
    pid, _ = parent.line().split()
    assert int(pid) == parent.pid
    assert [entry.pid for entry in list_workers()] == [parent.pid]
    parent.tell()
    child, _ = parent.line().split()
    assert {entry.pid for entry in list_workers()} == {parent.pid, int(child)}
    answers = {entry.pid: ask(entry, "figures")["pid"] for entry in list_workers()}
    assert answers == {parent.pid: parent.pid, int(child): int(child)}


def test_a_child_that_lives_longer_does_not_keep_its_parent_alive(process):
    parent = process("""
        import os, sys
        from leakguard.workers import App, Worker
        worker = Worker(App("shop", "shop"), dict, {})
        worker.join()
        child = os.fork()
        if not child:
            print(os.getpid(), flush=True)
            sys.stdin.readline()
            os._exit(0)
        os.waitpid(child, 0)
    """)
    parent.line()
    assert [entry.alive for entry in list_workers()] == [True]
    parent.kill()
    assert [entry.alive for entry in list_workers()] == [False]


def test_what_clears_old_files_does_not_make_it_forgotten(join, folder, eventually):
    worker = join()
    eventually(lambda: ".last" in names(folder))
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    worker.tick()
    eventually(lambda: len(list_workers()) == 1)
    (entry,) = list_workers()
    assert ask(entry, "figures")["requests"] == 7


@pytest.mark.parametrize("trouble", ["a link", "open to others", "a file"])
def test_where_it_is_not_safe_the_app_goes_on_without(runtime, tmp_path, caplog, trouble):
    (runtime / "leakguard").mkdir(mode=0o700)
    place = runtime / "leakguard" / "workers"
    if trouble == "a link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        place.symlink_to(tmp_path / "elsewhere")
    elif trouble == "a file":
        place.touch()
    else:
        place.mkdir()
        place.chmod(0o755)
    worker = Worker(App("shop", "shop"), dict, {})
    worker.join()
    assert worker.stem == ""
    assert "does not trust" in caplog.text
    worker.join()
    assert len(caplog.records) == 1


def test_so_it_does_where_nothing_can_be_written(runtime, monkeypatch, caplog):
    def none():
        raise FileNotFoundError("No usable temporary directory")

    runtime.rmdir()
    monkeypatch.setattr("tempfile.gettempdir", none)
    monkeypatch.setattr(
        "os.mkdir", lambda *_, **__: (_ for _ in ()).throw(OSError(30, "Read-only"))
    )
    worker = Worker(App("shop", "shop"), dict, {})
    worker.join()
    assert worker.stem == ""
    assert "Read-only" in caplog.text


def test_a_path_without_proc_is_refused_by_the_socket_alone(join, monkeypatch, caplog):
    monkeypatch.setattr("leakguard.workers.places.socket_address", lambda folder, stem: "x" * 200)
    join()
    assert "cannot ask this one" in caplog.text
    assert [entry.alive for entry in list_workers()] == [True]
