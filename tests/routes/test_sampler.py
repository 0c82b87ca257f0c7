"""What is sampled: the right number of bytes, of the right block, at the right line."""

from __future__ import annotations

import ctypes
import gc
import math
import sys
from types import FunctionType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakguard.routes import sampling
from leakguard.routes._flight import Slot, slot_variable

api = ctypes.pythonapi
for name, result, arguments in [
    ("Malloc", ctypes.c_void_p, [ctypes.c_size_t]),
    ("Calloc", ctypes.c_void_p, [ctypes.c_size_t, ctypes.c_size_t]),
    ("Realloc", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_size_t]),
    ("Free", None, [ctypes.c_void_p]),
]:
    for domain in ("PyObject", "PyMem"):
        function = getattr(api, f"{domain}_{name}")
        function.restype, function.argtypes = result, arguments


def addresses(sampler):
    return {sample[0]: sample for sample in sampler.samples()}


def test_this_interpreter_is_one_of_those_it_was_built_for(sampler):
    assert sampler.layout_problem() is None


@pytest.mark.parametrize(
    ("size", "count", "interval"), [(48, 40_000, 4096), (1000, 4000, 8192), (300_000, 40, 65_536)]
)
def test_estimates_are_unbiased_over_seeds(sampler, size, count, interval):
    truth = size * count
    estimates = []
    for seed in range(12):
        sampler.start(interval)
        sampler.seed(seed * 7919 + 1)
        kept = [bytes(size - 33) for _ in range(count)]
        estimates.append(sum(sample[4] for sample in sampler.samples() if sample[7] == size))
        del kept
        sampler.stop()
    chance = -math.expm1(-size / interval)
    deviation = truth * math.sqrt((1 - chance) / (chance * count) / len(estimates))
    assert abs(sum(estimates) / len(estimates) - truth) < 5 * deviation + 1e-6 * truth


def test_thinning_keeps_estimates_unbiased_and_the_number_of_samples_bounded(sampler):
    size, count = 1024, 60_000
    estimates = []
    for seed in range(6):
        sampler.start(512)
        sampler.seed(seed * 104_729 + 1)
        kept = [bytes(size - 33) for _ in range(count)]
        assert sampler.counts()["live"] <= sampler.MAX_LIVE
        assert sampler.counts()["interval"] >= 8 * 512
        estimates.append(sum(s[4] for s in sampler.samples() if s[7] == size))
        del kept
        sampler.stop()
    # about 4,000 samples each: the error of the mean of six is below one per cent
    assert sum(estimates) / len(estimates) == pytest.approx(size * count, rel=0.04)


def test_a_shorter_interval_later_does_not_change_what_older_samples_stand_for(sampler):
    sampler.start(1 << 16)
    sampler.seed(5)
    kept = [bytes(1 << 20) for _ in range(20)]
    sampler.set_interval(1024)
    more = [bytes(1000 - 33) for _ in range(5000)]
    found = sampler.samples()
    assert sum(s[4] for s in found if s[7] > 1 << 20) == pytest.approx(20 << 20, rel=0.01)
    assert sum(s[4] for s in found if s[7] == 1000) == pytest.approx(5_000_000, rel=0.15)
    del kept, more


def test_a_free_takes_the_sample_away(sampler):
    sampler.start(1)
    block = bytes(5000)
    assert len([s for s in sampler.samples() if s[7] == 5033]) == 1
    del block
    assert [s for s in sampler.samples() if s[7] == 5033] == []


@pytest.mark.parametrize("domain", ["PyObject", "PyMem"])
def test_a_realloc_is_a_free_and_an_allocation(sampler, domain):
    malloc, calloc, realloc, free = (
        getattr(api, f"{domain}_{name}") for name in ("Malloc", "Calloc", "Realloc", "Free")
    )
    sampler.start(1)
    first = malloc(100)
    assert addresses(sampler)[first][7] == 100
    moved = realloc(first, 70_000)
    found = addresses(sampler)
    assert found[moved][7] == 70_000
    assert first == moved or first not in found or found[first][7] != 100
    assert not realloc(moved, (1 << 62) + 1)  # no memory: the block stays as it was
    assert addresses(sampler)[moved][7] == 70_000
    free(moved)
    assert moved not in addresses(sampler)
    zeroed = calloc(30, 40)
    assert addresses(sampler)[zeroed][7] == 1200
    free(zeroed)
    assert not malloc((1 << 62) + 1)
    empty = [malloc(0), calloc(0, 8), realloc(None, 16)]
    assert all(empty)
    for block in empty:
        free(block)
    free(None)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["malloc", "calloc", "realloc", "free"]),
            st.integers(0, 40),
            st.integers(0, 400).map(lambda number: number * 8 + 3),  # no object has such a size
        ),
        max_size=120,
    )
)
@settings(max_examples=60)
def test_the_table_holds_exactly_what_a_model_holds(operations):
    from leakguard.routes import _sampler as sampler

    sampler.start(1)
    sampler.seed(1)
    try:
        model = {}
        for what, index, size in operations:
            chosen = list(model)[index % len(model)] if model else None
            if what == "malloc":
                model[api.PyObject_Malloc(size)] = size
            elif what == "calloc":
                model[api.PyObject_Calloc(1, size)] = size
            elif chosen is not None and what == "free":
                api.PyObject_Free(chosen)
                del model[chosen]
            elif chosen is not None:
                del model[chosen]
                model[api.PyObject_Realloc(chosen, size)] = size
        found = addresses(sampler)
        # all but the smallest are certain to be sampled, and not to be thinned
        interval = sampler.counts()["interval"]
        certain = {block: size for block, size in model.items() if size > 40 * interval}
        assert {block: found[block][7] for block in certain} == certain
        for block in model:
            api.PyObject_Free(block)
        left = addresses(sampler)
        assert not [
            size for block, size in model.items() if block in left and left[block][7] == size
        ]
    finally:
        sampler.stop()


def test_a_buffer_that_has_grown_large_is_sampled_for_certain(sampler):
    sampler.start(1 << 16)
    lists = [[] for _ in range(50)]
    for _ in range(2000):
        for grown in lists:
            grown.append(None)
    found = [sample for sample in sampler.samples() if 16_000 <= sample[7] < 20_000]
    assert len(found) == 50
    assert all(sample[4] == pytest.approx(sample[7]) for sample in found)  # stands for itself
    del lists, grown
    assert not [sample for sample in sampler.samples() if 16_000 <= sample[7] < 20_000]


def test_large_buffers_are_thinned_as_others_are(sampler):
    sampler.start(1 << 16)
    sampler.seed(8)
    buffers = [bytearray(100) for _ in range(600)]
    for buffer in buffers:
        buffer.extend(bytes(20_000))
    size = max(sample[7] for sample in sampler.samples() if 20_000 < sample[7] < 24_000)
    sampler.set_interval(1 << 18)
    left = [sample[4] for sample in sampler.samples() if sample[7] == size]
    assert 10 < len(left) < 120  # one in thirteen
    assert sum(left) == pytest.approx(600 * size, rel=6 / math.sqrt(46))
    del buffers, buffer


def test_the_stack_of_a_sample_names_file_line_and_function(sampler):
    sampler.start(1)
    kept = Keeper().keep()
    line = Keeper.keep.__code__.co_firstlineno + 1
    (sample,) = [s for s in sampler.samples() if s[7] == 7810]
    stack = sampling.stack(sample[2], sample[3])
    assert stack[0] == (__file__, line, "Keeper.keep")
    assert stack[1].function == "test_the_stack_of_a_sample_names_file_line_and_function"
    assert 2 <= len(stack) <= 16
    del kept


class Keeper:
    def keep(self):
        return bytes(7777)


def test_stacks_go_through_generators_comprehensions_and_calls_from_c(sampler):
    sampler.start(1)

    def inner():
        yield from (bytes(7000 + k) for k in range(2))

    kept = sorted(inner(), key=lambda block: bytearray(10) and len(block))
    (sample,) = [s for s in sampler.samples() if s[7] == 7034]
    functions = [line.function.rpartition(".")[2] for line in sampling.stack(*sample[2:4])]
    assert functions[:3] == ["<genexpr>", "inner", sys._getframe().f_code.co_name]
    del kept


def test_an_unknown_or_replaced_stack_is_empty(sampler):
    sampler.start(1)
    assert sampling.stack(0, 0) == ()
    assert sampling.stack(1 << 20, 0) == ()
    assert sampling.stack(1, 1 << 30) == ()


def test_code_is_let_go_once_no_sample_needs_it(sampler):
    sampler.start(1)
    for number in range(9000):
        exec(compile("def f():\n return bytearray(300)\nf()", "<made>", "exec"), {})
        if number % 1000 == 0:
            sampler.maintain()
    assert sampler.counts()["sites"] < 8192
    sampler.clear()
    assert sampler.counts()["sites"] <= 50
    gc.collect()
    # type(): isinstance() would run what lazy objects of other tests do when looked at
    functions = [found for found in gc.get_objects() if type(found) is FunctionType]
    assert not [f for f in functions if f.__code__.co_filename == "<made>"]


def test_a_float_that_was_seen_in_its_free_list_is_weak_in_its_next_life(sampler):
    sampler.start(1)
    drained = [number * 0.5 for number in range(300)]
    floats = [number * 1.5 for number in range(80)]
    blocks = {id(number) for number in floats}
    del floats
    sampler.totals()  # looks at them where they wait
    kept = [number * 2.5 for number in range(80)]
    found = addresses(sampler)
    again = [found[id(n)][8] for n in kept if id(n) in blocks and id(n) in found]
    assert len(again) > 40
    assert set(again) == {sampler.WEAK}
    assert len(drained) == 300


def test_what_comes_from_a_free_list_is_weak_and_the_rest_strong(sampler):
    sampler.start(1)

    class Point:
        def __init__(self):
            self.x = 1

    kinds = {"weak": [], "strong": []}
    for _ in range(300):  # more than the free lists hold, so that blocks are fresh
        kinds["weak"].append(({}, [], (1.5 + len(kinds), object), {"a": kinds}))
        kinds["strong"].append((Point(), "x" * len(kinds) + "y" * 100, bytearray(50), {1, 2}))
    found = addresses(sampler)

    def kind(block):
        before = 16 if gc.is_tracked(block) or isinstance(block, dict | list | tuple) else 0
        for offset in (before, before + 16, 0):
            if id(block) - offset in found:
                return found[id(block) - offset][8]
        return None

    for four in kinds["weak"]:
        for value in (four[0], four[1], four[2], four[2][0]):
            assert kind(value) in (None, sampler.WEAK)
    weak = [kind(four[1]) for four in kinds["weak"]]
    assert weak.count(sampler.WEAK) > 200
    for four in kinds["strong"]:
        assert {kind(four[1]), kind(four[3])} <= {None, sampler.STRONG}
    assert [kind(four[1]) for four in kinds["strong"]].count(sampler.STRONG) > 290


def test_counts_tell_the_memory_of_the_sampler_which_does_not_grow(sampler):
    sampler.start(64)
    before = sampler.counts()["memory"]
    kept = [bytes(100) for _ in range(50_000)]
    assert sampler.counts()["memory"] == before < 4_000_000
    del kept


def test_samples_of_a_slot_carry_its_route_also_when_it_is_known_later(sampler):
    sampler.start(1)
    slot = Slot()
    slot_variable.set(slot)
    try:
        kept = bytes(6000)
        assert next(s for s in sampler.samples() if s[7] == 6033)[1] == slot.route == -1
        slot.route = 77
        assert next(s for s in sampler.samples() if s[7] == 6033)[1] == 77
    finally:
        slot_variable.set(None)
    del slot
    gc.collect()
    assert next(s for s in sampler.samples() if s[7] == 6033)[1] == 77
    del kept
