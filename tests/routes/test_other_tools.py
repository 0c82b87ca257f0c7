"""Profilers that hook the allocators as well: whichever starts or stops first, ours is put back."""

from __future__ import annotations

import pytest

# What a profiler does as it starts and stops: it remembers the functions of a domain, and later
# puts back what it remembers, whoever has come in between.
TOOL = """
    import ctypes
    class Functions(ctypes.Structure):
        _fields_ = [(name, ctypes.c_void_p) for name in "cmnrf"]
    get, put = ctypes.pythonapi.PyMem_GetAllocator, ctypes.pythonapi.PyMem_SetAllocator
    put.argtypes = get.argtypes = [ctypes.c_int, ctypes.POINTER(Functions)]
    put.restype = get.restype = None
    RAW, MEM, OBJ = 0, 1, 2
    def functions(domain):
        found = Functions()
        get(domain, ctypes.byref(found))
        return found
    def seen():
        kept = [bytes(1000) for _ in range(1000)]  # OBJ
        grown = [bytearray(1000) for _ in range(1000)]  # a buffer: in one or the other
        alive = _sampler.counts()["live"]
        del kept, grown
        return alive > 1800, _sampler.counts()["live"] < alive - 1800
"""


@pytest.mark.parametrize("domain", ["RAW", "MEM", "OBJ"])
def test_a_tool_that_takes_one_domain_away_is_noticed(alone, domain):
    out = alone(f"""{TOOL}
    before = functions({domain})
    sampling.start(64)
    print(*seen(), _sampler.maintain())
    put({domain}, before)
    print(_sampler.maintain(), _sampler.counts()["restarts"], _sampler.maintain(), *seen())
    """)
    assert out == ["True", "True", "True", "False", "1", "True", "True", "True"]


def test_a_tool_that_leaves_between_two_others_costs_the_samples_once(alone):
    out = alone(f"""{TOOL}
    import tracemalloc
    below = [functions(domain) for domain in (MEM, OBJ)]
    sampling.start(64)
    tracemalloc.start()  # it leads to us
    for domain, before in zip((MEM, OBJ), below):
        put(domain, before)
    print(_sampler.maintain(), *seen())
    tracemalloc.stop()  # and puts us back, where we are already
    print(_sampler.maintain(), _sampler.counts()["restarts"], *seen())
    """)
    assert out == ["False", "True", "True", "True", "1", "True", "True"]


def test_a_tool_that_leaves_below_another_takes_only_the_frees_away(alone):
    out = alone(f"""{TOOL}
    import tracemalloc
    before = functions(RAW)
    sampling.start(64)
    tracemalloc.start()  # on top of us, in all three domains
    put(RAW, before)
    print(_sampler.maintain(), _sampler.maintain(), _sampler.counts()["restarts"], *seen())
    """)
    assert out == ["False", "True", "1", "True", "True"]


def test_hooks_of_ours_that_a_tool_puts_back_after_the_stop_pass_everything_on(alone):
    out = alone(f"""{TOOL}
    sampling.start(64)
    ours = [functions(domain) for domain in (MEM, OBJ)]
    sampling.stop()
    for domain, hook in zip((MEM, OBJ), ours):
        put(domain, hook)
    kept = [bytes(1000) for _ in range(1000)]
    print(_sampler.counts()["live"], sampling.running())
    sampling.start(64)
    print(_sampler.maintain(), *seen())
    """)
    assert out == ["0", "False", "True", "True", "True"]


def test_coming_and_going_in_any_order_never_breaks_an_allocation(alone):
    out = alone(f"""{TOOL}
    import random, tracemalloc
    numbers = random.Random(7)
    plain = functions(RAW)
    for _ in range(300):
        what = numbers.randrange(7)
        if what == 0:
            sampling.start(numbers.choice([64, 4096]))
        elif what == 1:
            sampling.stop()
        elif what == 2:
            tracemalloc.start()
        elif what == 3:
            tracemalloc.stop()
        elif what == 4:
            _sampler.maintain()
        elif what == 5 and not tracemalloc.is_tracing():
            put(RAW, plain)
        else:
            sampling.samples()
        rows = [{{"a": str(n), "b": [n * 1.5]}} for n in range(200)]
        assert rows[199] == {{"a": "199", "b": [298.5]}}
    tracemalloc.stop()
    sampling.stop()
    sampling.start(64)
    _sampler.maintain()
    print(*seen(), _sampler.maintain())
    """)
    assert out == ["True", "True", "True"]
