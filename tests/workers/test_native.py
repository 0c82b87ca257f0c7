"""Under gevent `threading` and `select` are greenlets' affairs: the workers must not notice."""

from __future__ import annotations

from leakguard.workers import ask, list_workers

# What gevent.monkey does, as far as it matters here: the originals are kept aside, and whoever
# uses what has replaced them waits for a loop that is busy.
PATCHED = """
import _thread, os, select, sys, threading, time, types

originals = {
    ("_thread", "start_new_thread"): _thread.start_new_thread,
    ("_thread", "allocate_lock"): _thread.allocate_lock,
    ("select", "poll"): select.poll,
}

def replaced(*args, **keywords):
    raise AssertionError("this would wait for the loop")

monkey = types.ModuleType("gevent.monkey")
monkey.is_module_patched = lambda name: True
monkey.get_original = lambda module, name: originals[module, name]
sys.modules["gevent.monkey"] = monkey

from leakguard.workers import App, Worker, ask_all, list_workers

threading.Thread.start = threading._start_new_thread = replaced
_thread.start_new_thread = select.poll = replaced

worker = Worker(App("shop", "shop"), lambda: {"requests": 7}, {})
worker.join()
print(worker.stem, flush=True)
while not all(answer.answer for answer in ask_all(list_workers(), "figures")):
    pass
print("asked", flush=True)
sys.stdin.readline()
while True:
    pass  # a request that never lets go
"""


def test_a_worker_with_patched_modules_asks_and_answers(process):
    worker = process(PATCHED)
    stem = worker.line()
    assert worker.line() == "asked"
    worker.tell()
    (entry,) = list_workers()
    assert entry.stem == stem
    assert ask(entry, "figures", timeout=30) == {"requests": 7}
