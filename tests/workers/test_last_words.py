"""What a worker leaves for the others, how long it is kept, and who removes it."""

from __future__ import annotations

import json
import os
import threading
import time

import pytest

from leakguard.workers import App, Worker, ask_all, last_words, lastwords, list_workers, sweep

FINDINGS = {
    "schema": "leakguard/1",
    "process": {"pid": 1},
    "snapshot": {"objects": 1000},
    "verdict": {"kind": "global-cache", "text": "shop.cart.CARTS", "confidence": 0.9},
    "suspects": [{"rank": 1, "fingerprint": "f1", "holder": "shop.cart.CARTS", "chain": []}],
    "types": [{"type": "shop.cart.Cart", "count": 7}],
    "routes": [{"route": "GET /cart"}],
    "notes": [],
}


def age(folder, seconds):
    for path in folder.iterdir():
        then = path.lstat().st_mtime - seconds
        os.utime(path, (then, then), follow_symlinks=False)


def test_a_killed_worker_leaves_its_figures(join, other, eventually):
    join()
    killed = other()
    entry = next(entry for entry in list_workers() if entry.pid == killed.pid)
    eventually(lambda: last_words(entry))
    killed.kill()
    (answer,) = [a for a in ask_all(list_workers(), "figures") if a.entry.pid == killed.pid]
    assert (answer.answer, answer.error) == (None, f"worker {killed.pid} has ended")
    assert answer.last_words["figures"] == {"pid": killed.pid, "requests": 7}
    assert not answer.last_words["leaving"]
    assert answer.entry.ended == pytest.approx(time.time(), abs=30)


def test_and_its_findings_without_what_a_list_does_not_need(process, eventually):
    killed = process(f"""
        import sys
        from leakguard.workers import App, Worker
        worker = Worker(App("shop", "shop"), lambda: {{"requests": 3}}, {{}})
        worker.join()
        worker.keep({FINDINGS!r})
        sys.stdin.readline()
    """)
    entry = eventually(list_workers)[0]
    eventually(lambda: (last_words(entry) or {}).get("findings"))
    killed.kill()
    (entry,) = list_workers()
    words = last_words(entry)
    kept = {key: value for key, value in FINDINGS.items() if key != "routes"}
    assert words["findings"] == kept
    assert words["findings_at"] == pytest.approx(time.time(), abs=30)


def test_a_worker_that_stops_by_itself_says_so(other):
    other().end()
    (entry,) = list_workers()
    assert not entry.alive
    assert last_words(entry)["leaving"]


def test_they_are_written_again_at_every_tick(join, eventually):
    requests = iter(range(1, 100))
    worker = join(figures=lambda: {"requests": next(requests)})
    (entry,) = list_workers()
    first = eventually(lambda: last_words(entry))
    worker.tick()
    eventually(lambda: last_words(entry)["figures"]["requests"] > first["figures"]["requests"])


def test_no_reader_ever_sees_half_of_them(folder, runtime):
    worker = Worker(App("shop", "shop"), dict, {})
    worker.join()
    place = os.open(folder, os.O_RDONLY)
    stop = threading.Event()
    seen = []

    def read():
        while not stop.is_set():
            seen.append(lastwords.read(place, "1-a"))

    lastwords.write(place, "1-a", {"figures": {"text": "0" * 100_000}})
    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(200):
        lastwords.write(place, "1-a", {"figures": {"text": str(turn % 10) * (turn * 500)}})
    stop.set()
    for reader in readers:
        reader.join()
    os.close(place)
    worker.leave()
    assert seen
    assert None not in seen


def test_they_are_bounded_whatever_the_findings_are():
    suspect = {"fingerprint": "f", "chain": [{"name": "x" * 1000}] * 12}
    large = {**FINDINGS, "suspects": [suspect] * 50, "types": [{"type": "t"}] * 50}
    kept = lastwords.bounded({"figures": {}, "findings": large})["findings"]
    assert (len(kept["suspects"]), len(kept["types"])) == (20, 20)
    suspect["chain"] *= 10
    kept = lastwords.bounded({"figures": {}, "findings": large})["findings"]
    assert (len(kept["suspects"]), len(kept["types"])) == (1, 0)
    suspect["chain"] *= 10
    kept = lastwords.bounded({"figures": {}, "findings": large})["findings"]
    assert kept["suspects"] == []
    large["notes"] = ["x" * lastwords.MAX_BYTES]
    assert lastwords.bounded({"figures": {}, "findings": large})["findings"] is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_damaged_ones_count_as_none(join, other, folder, content):
    dead = other()
    dead.kill()
    (entry,) = list_workers()
    (folder / f"{dead.stem}.last").write_bytes(content)
    assert last_words(entry) is None
    assert ask_all([entry], "figures")[0].error


def test_they_are_removed_when_they_are_old(other, folder):
    dead = other()
    dead.kill()
    assert len(list_workers()) == 1
    age(folder, sweep.KEPT_SECONDS - 60)
    assert len(list_workers()) == 1
    age(folder, 61)
    assert list_workers() == []
    assert not folder.exists()


def test_a_worker_that_was_idle_for_long_is_kept_as_long_as_others(other, folder, eventually):
    dead = other()
    eventually(lambda: (folder / f"{dead.stem}.last").exists())
    age(folder, 10 * sweep.KEPT_SECONDS)
    dead.kill()
    (entry,) = list_workers()
    assert entry.ended == pytest.approx(time.time(), abs=30)
    assert last_words(entry) is not None


def test_only_the_last_ones_are_kept(join, folder, monkeypatch):
    monkeypatch.setattr(sweep, "KEPT_DEAD", 3)
    stems = []
    for _ in range(5):
        worker = Worker(App("shop", "shop"), dict, {})
        worker.join()
        stems.append(worker.stem)
        worker.leave()
        age(folder, 1)
    assert [entry.stem for entry in list_workers()] == stems[2:]
    assert {path.name.rpartition(".")[0] for path in folder.iterdir()} == set(stems[2:])


def test_a_newcomer_clears_up_without_being_asked(other, folder, eventually):
    dead = other()
    dead.kill()
    assert list_workers()
    age(folder, sweep.KEPT_SECONDS + 1)
    newcomer = other()
    eventually(lambda: not list(folder.glob(f"{dead.stem}.*")))
    assert [entry.pid for entry in list_workers()] == [newcomer.pid]


def test_files_of_nobody_are_removed_in_time(join, folder, eventually):
    join()
    eventually(lambda: len(list(folder.iterdir())) == 3)
    for name in ("9-a.draft", "9-b.last", "9-c.sock", "something"):
        (folder / name).touch(mode=0o600)
    list_workers()
    assert len(list(folder.iterdir())) == 7
    for name in ("9-a.draft", "9-b.last", "9-c.sock", "something"):
        os.utime(folder / name, (1, 1))
    (entry,) = list_workers()
    assert {path.name.rpartition(".")[0] for path in folder.iterdir()} == {entry.stem}


def test_a_damaged_entry_is_no_worker(join, folder):
    join()
    (folder / "1-a.live").write_text("{")
    (folder / "1-b.live").write_text(json.dumps({"app": "shop"}))
    (folder / "1-c.live").symlink_to("/etc/passwd")
    assert [entry.pid for entry in list_workers()] == [os.getpid()]
    assert not (folder / "1-a.dead").exists()


def test_many_may_come_go_and_look_at_once(process):
    crowd = [
        process("""
            import os
            from leakguard.workers import App, Worker, list_workers
            for turn in range(40):
                worker = Worker(App("shop", "shop"), dict, {})
                worker.join()
                assert worker.stem, "not registered"
                found = {entry.stem: entry.alive for entry in list_workers()}
                assert found.get(worker.stem), found
                worker.leave()
            print("done", flush=True)
        """)
        for _ in range(4)
    ]
    assert [one.line() for one in crowd] == ["done"] * 4
