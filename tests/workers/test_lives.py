"""What a worker leaves for those that take its place, as long as they run the same code."""

from __future__ import annotations

import os
import sys
import sysconfig
import time
from pathlib import Path
from types import ModuleType

import pytest

from leakguard.workers import Entry, Facts, lives, sources

NOW = time.time()


def entry(pid, *, ended=10.0, version="1.0", started=None):
    facts = Facts("shop", pid, 1, 1, NOW if started is None else started, version, None)
    return Entry(facts, Path("/nowhere"), f"{pid}-a", None if ended is None else NOW + ended)


def suspect(holder, moves="growing", grown=600):
    return {
        "holder": holder,
        "objects": {"type": "shop.Cart", "count": 5},
        "kind": "global-cache",
        "fingerprint": holder,
        "moves": moves,
        "growth_bytes": grown,
        "bytes_per_request": 6.0,
        "confidence": 0.99,
    }


def words(*suspects, intervals=2, requests=100):
    return {
        "at": NOW + 5,
        "figures": {"requests": requests, "rss_start_bytes": 10, "rss_bytes": 20},
        "findings": {
            "suspects": list(suspects),
            "growth": {"seconds": 60, "intervals": intervals, "ready": intervals >= 3},
        },
    }


@pytest.fixture
def told(monkeypatch):
    """told(words by pid, entries) -> the lives; no files are needed for that."""

    def call(said, entries, changed=0.0):
        monkeypatch.setattr(sources, "changed", lambda: changed)
        module = sys.modules["leakguard.workers.lives"]
        monkeypatch.setattr(module, "last_words", lambda one: said.get(one.pid))
        return lives(entries, "1.0")

    return call


def test_its_figures_and_what_grew_are_taken_over(told):
    (life,) = told({1: words(suspect("CARTS"), suspect("LOG", "steady", 0))}, [entry(1)])
    assert (life.pid, life.requests, life.intervals, life.ready) == (1, 100, 2, False)
    assert (life.rss_start_bytes, life.rss_bytes, life.ended) == (10, 20, NOW + 5)
    (grew,) = life.grew
    assert (grew.holder, grew.object_type, grew.bytes_per_minute) == ("CARTS", "shop.Cart", 600.0)
    # no more certain than two intervals of its own make it
    assert grew.confidence == pytest.approx(0.64)


def test_other_code_and_other_versions_are_left_out(told):
    said = {pid: words() for pid in range(9)}
    entries = [entry(1, ended=None), entry(2, version="0.9"), entry(3, started=NOW - 60), entry(4)]
    assert [life.pid for life in told(said, entries, changed=NOW - 30)] == [4]


def test_who_served_nobody_or_left_nothing_is_left_out(told):
    said = {1: words(intervals=0, requests=0), 3: {"at": "x"}, 4: {}, 5: words()}
    said[6] = {**words(suspect("CARTS")), "findings": {"suspects": [{}], "growth": {}}}
    assert [life.pid for life in told(said, [entry(pid) for pid in range(1, 7)])] == [5, 6]


def test_only_files_of_the_app_count_as_its_code(monkeypatch, tmp_path):
    def loaded(name, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        module = ModuleType(name)
        module.__file__ = str(path)
        monkeypatch.setitem(sys.modules, name, module)
        return path.stat().st_ctime

    monkeypatch.setattr(sys, "modules", {})
    assert sources.changed() == 0.0
    loaded("installed", tmp_path / "site-packages" / "installed.py")
    assert sources.changed() == 0.0
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path / "lib"))
    loaded("library", tmp_path / "lib" / "library.py")
    assert sources.changed() == 0.0
    written = loaded("shop", tmp_path / "shop.py")
    assert sources.changed() == written
    # a copy that keeps the time of the original has been written now all the same
    os.utime(tmp_path / "shop.py", (1.0, 1.0))
    assert sources.changed() >= written
    monkeypatch.setitem(sys.modules, "gone", ModuleType("gone"))
    sys.modules["gone"].__file__ = str(tmp_path / "gone.py")
    assert sources.changed() >= written
