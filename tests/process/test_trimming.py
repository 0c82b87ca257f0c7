"""Giving memory back: measured where the C library can, said where it cannot."""

from __future__ import annotations

import json

from leakguard.process import c_heap, trim

MB = 1 << 20


def test_trim_gives_free_pages_back():
    # Below malloc's threshold for mappings, with one block in use at the end of the heap.
    blocks = [bytearray(100_000) for _ in range(1000)]
    pin = bytearray(100_000)
    del blocks
    done = trim()
    assert done.problem is None
    assert done.before.c_heap_free > 50 * MB
    assert done.released > 50 * MB
    # not all of it: a process that has tested much keeps pages in use here and there
    assert done.after.c_heap_free < done.before.c_heap_free - 50 * MB
    assert json.loads(json.dumps(done.to_dict()))["released_bytes"] == done.released
    assert len(pin) == 100_000


def test_large_objects_are_pythons_before_and_after():
    done = trim()
    known = done.with_heap(done.before.python_objects + 3 * MB)
    assert known.before.python_objects - done.before.python_objects == 3 * MB
    assert known.after.python_objects - done.after.python_objects == 3 * MB
    assert known.after.rss == done.after.rss


def test_without_glibc_nothing_is_trimmed(monkeypatch):
    monkeypatch.setattr(c_heap, "malloc_trim", lambda: None)
    done = trim()
    assert "cannot be asked" in done.problem
    assert done.released == 0


def test_another_malloc_is_left_alone(monkeypatch):
    monkeypatch.setattr(c_heap, "replacement", lambda: "jemalloc")
    assert "jemalloc" in trim().problem
