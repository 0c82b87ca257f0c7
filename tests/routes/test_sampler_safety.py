"""What must not break it, nor be broken by it: other hooks, forks, threads, limits, the end."""

from __future__ import annotations

import contextvars
import sys
import threading

from leakguard.routes import _sampler, sampling
from leakguard.routes._flight import Slot, slot_variable


def test_started_after_tracemalloc_and_stopped_before_it(alone):
    out = alone("""
        import tracemalloc
        tracemalloc.start()
        sampling.start(64)
        kept = [bytes(1000) for _ in range(100)]
        assert _sampler.counts()["live"] > 90
        sampling.stop()
        tracemalloc.stop()
        kept = [bytes(1000) for _ in range(100)]
        print(_sampler.counts()["live"], sampling.start(64))
        kept = [bytes(1000) for _ in range(100)]
        print(_sampler.counts()["live"] > 90)
    """)
    assert out == ["0", "None", "True"]


def test_tracemalloc_on_top_and_gone_again(alone):
    out = alone("""
        import tracemalloc
        sampling.start(64)
        tracemalloc.start()
        kept = [bytes(1000) for _ in range(1000)]
        print(_sampler.maintain(), _sampler.counts()["live"] > 900)
        tracemalloc.stop()
        print(_sampler.maintain(), _sampler.counts()["restarts"])
        before = _sampler.counts()["live"]
        kept = None
        print(before - _sampler.counts()["live"] > 900)
    """)
    assert out == ["True", "True", "True", "0", "True"]


def test_a_tool_that_stops_out_of_order_takes_the_hook_away_and_that_is_noticed(alone):
    out = alone("""
        import tracemalloc
        tracemalloc.start()
        sampling.start(64)
        kept = [bytes(1000) for _ in range(1000)]
        tracemalloc.stop()
        kept = None
        stale = _sampler.counts()["live"]
        print(stale > 900, sampling.samples(), _sampler.counts()["restarts"])
        kept = [bytes(1000) for _ in range(1000)]
        print(_sampler.counts()["live"] > 900, _sampler.maintain())
        kept = None
        print(_sampler.counts()["live"] < 100)
    """)
    assert out == ["True", "[]", "1", "True", "True", "True"]


def test_stopped_below_another_hook_it_passes_everything_on(alone):
    out = alone("""
        import tracemalloc
        sampling.start(64)
        tracemalloc.start()
        print(_sampler.stop())
        kept = [bytes(1000) for _ in range(1000)]
        tracemalloc.stop()
        kept = [bytes(1000) for _ in range(1000)]
        print(_sampler.counts()["live"])
        sampling.start(64)
        kept = [bytes(1000) for _ in range(1000)]
        print(_sampler.counts()["live"] > 900, _sampler.maintain())
    """)
    assert out == ["False", "0", "True", "True"]


def test_a_fork_keeps_the_samples_and_draws_other_numbers(alone):
    out = alone("""
        import os
        sampling.start(512)
        _sampler.seed(1)
        kept = [bytes(1000) for _ in range(1000)]

        def later():
            before = _sampler.counts()["live"]
            more = [bytearray(100) for _ in range(20_000)]
            return before, hash(tuple(sorted(sample[0] for sample in _sampler.samples())))

        read, write = os.pipe()
        children = []
        for _ in range(2):
            child = os.fork()
            if child == 0:
                os.write(write, f"{later()[0] > 500} {later()[1]}\\n".encode())
                os._exit(0)
            children.append(child)
        for child in children:
            assert os.waitpid(child, 0)[1] == 0
        first, second = os.read(read, 1000).decode().splitlines()
        print(first.split()[0], second.split()[0], first != second, later()[0] > 500)
    """)
    assert out == ["True"] * 4


def test_fork_handlers_of_others_may_allocate_between_ours(alone):
    # uvloop's, called in the child before ours, runs Python: there the lock is still held.
    out = alone("""
        import ctypes, os
        kept, called = [], []

        def allocate():
            kept.append([bytearray(100) for _ in range(1000)])
            called.append(os.getpid())

        handler = ctypes.PYFUNCTYPE(None)(allocate)
        register = ctypes.CDLL(None)["__register_atfork"]
        register(handler, handler, handler, None)
        sampling.start(64)  # of handlers that came first, those run while ours hold the lock
        child = os.fork()
        if child == 0:
            os._exit(0 if len(called) == 2 and _sampler.samples() else 1)
        print(os.waitpid(child, 0)[1], len(called))
        sampling.stop()
    """)
    assert out == ["0", "2"]


def test_forks_beside_threads_that_allocate_never_hang(alone):
    out = alone(
        """
        import os, threading
        sampling.start(64)
        stop = threading.Event()
        def churn():
            while not stop.is_set():
                [bytearray(100) for _ in range(100)]
        threads = [threading.Thread(target=churn) for _ in range(4)]
        for thread in threads: thread.start()
        for _ in range(40):
            child = os.fork()
            if child == 0:
                kept = [bytearray(100) for _ in range(1000)]
                os._exit(0 if _sampler.samples() else 1)
            assert os.waitpid(child, 0)[1] == 0
        stop.set()
        for thread in threads: thread.join()
        print("alive")
    """,
        "-W",
        "ignore",
    )
    assert out == ["alive"]


def test_each_thread_has_the_stack_and_the_slot_of_its_own(sampler):
    sampler.start(1)
    kept, problems = {}, []

    def work(number):
        slot = Slot(1000 + number)
        slot_variable.set(slot)
        for _ in range(200):
            kept[number] = bytes(20_000 + number)
            if sampler.slot_seen() is not slot:
                problems.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    found = {s[7] - 20_033: s for s in sampler.samples() if 20_033 <= s[7] < 20_041}
    for number in range(8):
        sample = found[number]
        assert sample[1] == 1000 + number
        assert sampling.stack(*sample[2:4])[0].function.endswith("work")


def test_context_variables_may_be_reset_while_every_allocation_is_sampled(sampler):
    sampler.start(1)
    others = [contextvars.ContextVar(f"other {number}", default=None) for number in range(40)]

    def inside():
        token = slot_variable.set(Slot())
        for other in others:
            other.set(Slot())
        slot_variable.reset(token)
        return slot_variable.get()

    for _ in range(300):
        assert contextvars.Context().run(inside) is None


def test_the_slot_is_seen_among_any_number_of_variables(sampler):
    """A few variables are kept in one node, more in nodes below it."""
    sampler.start(1)
    others = [contextvars.ContextVar(f"other {number}") for number in range(100)]
    slot = Slot()

    def inside():
        for number, other in enumerate(others):
            assert _sampler.slot_seen() is None
            token = slot_variable.set(slot)
            assert _sampler.slot_seen() is slot, f"among {number}"
            slot_variable.reset(token)
            other.set(number)

    contextvars.Context().run(inside)


def test_a_foreign_value_in_the_variable_counts_as_no_request(sampler):
    sampler.start(1)
    slot_variable.set("not a slot")
    try:
        kept = bytes(6000)
        assert next(s for s in sampler.samples() if s[7] == 6033)[1] == sampling.NO_REQUEST
        del kept
    finally:
        slot_variable.set(None)


def test_at_the_recursion_limit_there_is_no_error_but_the_interpreters_own(alone):
    out = alone("""
        import contextvars, sys
        from leakguard.routes._flight import Slot, slot_variable
        sampling.start(1)
        variables = [contextvars.ContextVar(str(number)) for number in range(64)]
        for variable in variables: variable.set(1)
        slot_variable.set(Slot())
        seen = set()
        def down(depth):
            try:
                [bytearray(40) for _ in range(3)]
                return down(depth + 1)
            except RecursionError:
                return depth
            except BaseException as error:
                seen.add(type(error).__name__)
                raise
        depths = {down(0) for _ in range(20)}
        print(len(depths) <= 2, sorted(seen))
    """)
    assert out == ["True", "[]"]


def test_other_interpreters_are_passed_by_also_with_a_gil_of_their_own(alone):
    create = (
        "interpreters.create()" if sys.version_info < (3, 13) else "interpreters.create('isolated')"
    )
    module = "_xxsubinterpreters" if sys.version_info < (3, 13) else "_interpreters"
    out = alone(f"""
        import threading
        import {module} as interpreters
        sampling.start(64)
        code = "for _ in range(300): kept = [bytearray(100) for _ in range(100)]"
        def run():
            interpreter = {create}
            interpreters.run_string(interpreter, code)
            interpreters.destroy(interpreter)
        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads: thread.start()
        kept = [bytearray(1000) for _ in range(5000)]
        for thread in threads: thread.join()
        print(_sampler.counts()["live"] > 1000, bool(_sampler.samples()))
    """)
    assert out == ["True", "True"]


def test_it_lasts_beyond_the_end_of_the_interpreter(alone):
    out = alone("""
        import atexit, threading
        class Late:
            def __del__(self):
                [bytearray(100) for _ in range(1000)]
        late = Late()
        atexit.register(lambda: print("end", sampling.running()))
        sampling.start(64)
        atexit.register(lambda: _sampler.start(64))  # somebody samples on to the very end
        threading.Thread(target=lambda: [bytes(100) for _ in range(10_000)]).start()
        kept = [bytes(1000) for _ in range(1000)]
    """)
    assert out == ["end", "False"]


def test_debug_allocators_below_find_nothing_to_complain_of(alone):
    out = alone(
        """
        import gc
        sampling.start(64)
        kept = [bytes(n % 3000) for n in range(10_000)]
        kept = [list(range(n % 30)) for n in range(3000)]
        gc.collect()
        print(bool(_sampler.samples()))
    """,
        "-X",
        "dev",
    )
    assert out == ["True"]
