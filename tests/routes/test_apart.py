"""Sampled blocks lie apart from pymalloc's arenas, so that only the free of RAW need be hooked."""

from __future__ import annotations

import sys

import pytest

KEPT = """
    def kept():
        found = [bytes(300 + n % 900) for n in range(1000)]
        found += [bytearray(400 + n % 300) for n in range(1000)]
        alive = _sampler.counts()["live"]
        del found
        return alive > 1800, _sampler.counts()["live"] < alive - 1800
"""
"""kept() -> whether allocations were seen, and whether their frees were."""

FUNCTIONS = """
    import ctypes
    def functions(prefix):
        names = "Malloc", "Calloc", "Realloc", "Free"
        found = [getattr(ctypes.pythonapi, prefix + name) for name in names]
        pointer, size = ctypes.c_void_p, ctypes.c_size_t
        for function, kinds in zip(found, ([size], [size, size], [pointer, size], [pointer])):
            function.argtypes, function.restype = kinds, pointer
        found[3].restype = None
        return found
"""


@pytest.mark.parametrize(
    ("allocator", "apart"),
    [("default", True), ("pymalloc", True), ("malloc", False), ("debug", False)]
    + [("mimalloc", False)] * (sys.version_info >= (3, 13)),
)
def test_they_do_if_the_allocator_is_pymalloc_and_frees_are_seen_with_any(
    alone, monkeypatch, allocator, apart
):
    monkeypatch.setenv("PYTHONMALLOC", allocator)
    out = alone(f"""{KEPT}
    sampling.start(64)
    print(_sampler.counts()["apart"], *kept(), _sampler.maintain())
    """)
    assert out == [str(apart), "True", "True", "True"]


def test_not_on_top_of_another_tool_which_would_see_blocks_longer_than_they_are(alone):
    out = alone(f"""{KEPT}
    import tracemalloc
    tracemalloc.start()
    sampling.start(64)
    print(_sampler.counts()["apart"], *kept())
    sampling.stop()
    tracemalloc.stop()
    sampling.start(64)
    print(_sampler.counts()["apart"], *kept())
    tracemalloc.start()
    block = bytes(1)
    print(tracemalloc.get_object_traceback(block) is not None, *kept(), _sampler.maintain())
    before = tracemalloc.get_traced_memory()[0]
    more = [bytes(7) for _ in range(1000)]
    print(tracemalloc.get_traced_memory()[0] - before < 60_000)  # 40 bytes each
    """)
    assert out == ["False", "True", "True", "True", "True", "True", *["True"] * 4, "True"]


def test_any_mixture_of_calls_in_threads_leaves_the_table_as_the_blocks_are(alone):
    # A sample each byte: all blocks of ours are in the table, or it is wrong.
    out = alone(f"""{FUNCTIONS}
    import random, threading
    domains = [functions("PyObject_"), functions("PyMem_")]
    THREADS, BLOCKS = 4, 200
    address = (ctypes.c_void_p * (THREADS * BLOCKS))()
    length = (ctypes.c_size_t * (THREADS * BLOCKS))()
    wrong = []

    def check(at, what):
        if ctypes.string_at(address[at], 8) != at.to_bytes(8, "little"):
            wrong.append((what, at, length[at]))

    def mark(at):
        ctypes.memmove(address[at], at.to_bytes(8, "little"), 8)

    def work(number):
        numbers = random.Random(number)
        for _ in range(6000):
            at = number * BLOCKS + numbers.randrange(BLOCKS)
            malloc, calloc, realloc, free = domains[at % 2]
            size = numbers.choice([40, 64, 500, 512, 513, 600, 5000, 9000, 40_000])
            size += numbers.randrange(16)
            if not address[at]:
                if numbers.random() < 0.5:
                    address[at] = malloc(size)
                else:
                    address[at] = calloc(8, size // 8)
                    size -= size % 8
                    if ctypes.string_at(address[at], size).strip(b"\\0"):
                        wrong.append(("calloc", at, size))
            elif numbers.random() < 0.5:
                check(at, "realloc before")
                address[at] = realloc(address[at], size)
                check(at, "realloc")
            else:
                check(at, "free")
                free(address[at])
                address[at] = size = 0
            length[at] = size
            if size:
                mark(at)

    sampling.start(1)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    counts = _sampler.counts()
    truth = {{address[at]: length[at] for at in range(len(address)) if address[at]}}
    found = {{sample[0]: sample[7] for sample in _sampler.samples()}}
    print(len(wrong), len(truth) > 200, all(found.get(at) == size for at, size in truth.items()))
    for at in range(len(address)):
        if address[at]: domains[at % 2][3](address[at])
    found = {{sample[0]: sample[7] for sample in _sampler.samples()}}
    print(any(found.get(at) == size for at, size in truth.items()))
    print(counts["thinned"], counts["apart"], _sampler.maintain())
    """)
    assert out == ["0", "True", "True", "False", "0", "True", "True"]


@pytest.mark.parametrize(("before", "after"), [(40, 44), (40, 400), (500, 60), (500, 600)])
def test_a_block_of_an_arena_leaves_it_if_its_realloc_is_sampled(alone, before, after):
    out = alone(f"""{FUNCTIONS}
    malloc, calloc, realloc, free = functions("PyObject_")
    blocks = (ctypes.c_void_p * 500)(*[malloc({before}) for _ in range(500)])
    def sampled():
        ours = set(blocks)
        return sum(sample[7] == {after} for sample in _sampler.samples() if sample[0] in ours)
    for at in range(500): ctypes.memmove(blocks[at], bytes([at % 256]) * 40, 40)
    sampling.start(1)
    for at in range(500): blocks[at] = realloc(blocks[at], {after})
    print(sampled(), all(ctypes.string_at(blocks[at], 40) == bytes([at % 256]) * 40
                         for at in range(500)))
    for at in range(500): free(blocks[at])
    print(sampled())
    """)
    assert out == ["500", "True", "0"]


def test_the_interpreters_own_count_of_blocks_stays_right(alone):
    out = alone("""
        import gc, random, sys
        def churn():
            numbers = random.Random(1)
            kept = []
            for n in range(60_000):
                kept.append([str(n), bytearray(n % 700), {n: 1.5}])
                if numbers.random() < 0.3: kept[-1][1].extend(bytes(n % 90))
                if len(kept) > 500: kept.pop(numbers.randrange(500))
        def count():
            gc.collect()
            return sys.getallocatedblocks()
        sampling.start(64)
        sampling.stop()
        churn()
        before = count()
        sampling.start(64)
        churn()
        sampled = count()
        taken = _sampler.counts()["taken"]
        kept = [bytes(n % 600) for n in range(5000)]
        sampling.stop()  # what is kept has been sampled
        kept = None
        churn()
        print(taken > 20_000, abs(sampled - before) < 100, abs(count() - before) < 100)
    """)
    assert out == ["True", "True", "True"]


def test_raw_memory_of_threads_without_the_gil_goes_its_own_way(alone):
    out = alone(f"""{FUNCTIONS}
    import os, threading
    library = ctypes.CDLL(None)  # lets go of the GIL
    malloc, free = library.PyMem_RawMalloc, library.PyMem_RawFree
    malloc.restype = ctypes.c_void_p
    malloc.argtypes, free.argtypes = [ctypes.c_size_t], [ctypes.c_void_p]
    stop = threading.Event()
    def raw():
        while not stop.is_set():
            blocks = [malloc(16 * n + 1) for n in range(100)]
            for block in blocks: free(block)
    threads = [threading.Thread(target=raw) for _ in range(4)]
    for thread in threads: thread.start()
    for _ in range(20):
        sampling.start(64)
        kept = [bytes(100) for _ in range(1000)]
        alive = {{id(block) for block in kept}}
        found = {{sample[0] for sample in _sampler.samples() if sample[7] == 133}}
        assert found & alive and _sampler.maintain(), (len(found), len(found & alive))
        del kept
        assert not {{sample[0] for sample in _sampler.samples() if sample[7] == 133}} & alive
        child = os.fork()  # while one of them may be looking a block up
        if child == 0:
            kept = [bytes(100) for _ in range(1000)]
            os._exit(0 if _sampler.samples() else 1)
        assert os.waitpid(child, 0)[1] == 0
        sampling.stop()
    stop.set()
    for thread in threads: thread.join()
    print("alive")
    """)
    assert out == ["alive"]


def test_a_child_frees_what_its_parent_sampled(alone):
    out = alone("""
        import os
        sampling.start(64)
        kept = [bytes(100) for _ in range(3000)]
        addresses = {id(block) for block in kept}
        def alive():
            return len({sample[0] for sample in _sampler.samples()} & addresses)
        child = os.fork()
        if child == 0:
            before = alive()
            kept = None
            os._exit(0 if before > 2000 and alive() < 10 else 1)
        print(os.waitpid(child, 0)[1], alive() > 2000)
        kept = None
        print(alive() < 10)
    """)
    assert out == ["0", "True", "True"]
