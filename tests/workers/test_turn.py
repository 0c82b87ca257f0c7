from __future__ import annotations

import threading
import time

import pytest

from leakguard.errors import CaptureError
from leakguard.workers import turn

HOLDER = """
import os, sys
from leakguard.workers import turn
with turn(60):
    print("mine", flush=True)
    sys.stdin.readline()
print("done", flush=True)
"""


def test_whoever_comes_first_does_not_wait():
    with turn(0.0) as waited:
        assert waited < 1


def test_who_holds_it_is_named_when_the_time_is_up(process):
    holder = process(HOLDER)
    holder.line()
    with (
        pytest.raises(CaptureError, match=rf"process {holder.pid} takes a snapshot .* 0\.2 s"),
        turn(0.2),
    ):
        pass


def test_it_is_given_on(process):
    holder = process(HOLDER)
    holder.line()
    threading.Timer(0.2, holder.tell).start()
    with turn(60) as waited:
        assert waited > 0.1


def test_and_taken_back_from_a_process_that_dies(process):
    holder = process(HOLDER)
    holder.line()
    holder.kill()
    with turn(0.0):
        pass


def test_a_child_forked_meanwhile_does_not_keep_it(process):
    holder = process("""
        import os, sys
        from leakguard.workers import turn
        with turn(60):
            if not os.fork():
                sys.stdin.read()
                os._exit(0)
        print("done", flush=True)
        sys.stdin.read()
    """)
    assert holder.line() == "done"
    with turn(0.0):
        pass


def test_threads_of_one_process_take_turns_too():
    inside = []
    most = []

    def take():
        with turn(60):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 6


def test_who_waits_can_be_called_off(process):
    process(HOLDER).line()
    cancel = threading.Event()
    threading.Timer(0.1, cancel.set).start()
    with pytest.raises(CaptureError, match="cancelled"), turn(60, cancel):
        pass


def test_an_error_inside_is_the_caller_s_and_ends_it():
    with pytest.raises(KeyError), turn(1):
        raise KeyError("x")
    with turn(0.0):
        pass


def test_where_nothing_can_be_kept_nobody_waits(runtime):
    runtime.chmod(0o700)
    (runtime / "leakguard").mkdir(mode=0o700)
    (runtime / "leakguard").chmod(0o755)
    with turn(0.0), turn(0.0):
        assert list((runtime / "leakguard").iterdir()) == []
