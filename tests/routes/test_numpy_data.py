"""numpy's data is sampled where it was asked for, and belongs to the request that allocated it."""

from __future__ import annotations

import asyncio
import ctypes
import threading

import numpy as np
import pytest

from leakguard import LeakGuard
from leakguard.routes import _numpy, numpy_data, sampling
from leakguard.routes._flight import set_at_start
from leakguard.routes.ledger import Ledger

TOKEN = "a-token-that-nobody-may-see"


@pytest.fixture
def sampled(sampler):
    """The sampler at work, with numpy's data."""
    sampling.start(1024)
    sampler.seed(1)
    assert numpy_data.start() is None
    yield sampler
    set_at_start(None)


def in_samples(arrays):
    """The samples of the arrays' data by address."""
    data = {array.ctypes.data for array in arrays}
    return {sample.address: sample for sample in sampling.samples() if sample.address in data}


@pytest.mark.parametrize("make", [np.empty, np.zeros, np.ones], ids=["empty", "zeros", "ones"])
def test_the_data_of_arrays_is_sampled_until_it_is_freed(sampled, make):
    arrays = [make(5000) for _ in range(30)]
    found = in_samples(arrays)
    assert [sample.size for sample in found.values()] == [40_000] * 30
    assert sum(sample.weight for sample in found.values()) == pytest.approx(1_200_000, rel=0.001)
    before = sampled.counts()["live"]
    del arrays
    assert sampled.counts()["live"] <= before - 30


def test_small_arrays_are_estimated_without_bias(sampled):
    # numpy keeps small blocks in a cache of its own: each array must count nevertheless
    arrays = [np.empty(10) for _ in range(40_000)]
    estimate = sum(sample.weight for sample in in_samples(arrays).values())
    deviation = (3_200_000 * 1024) ** 0.5
    assert abs(estimate - 3_200_000) < 5 * deviation


def test_a_resized_array_is_sampled_with_its_new_size(sampled):
    array = np.zeros(3000)
    array.resize(9000, refcheck=False)
    (sample,) = in_samples([array]).values()
    assert sample.size == 72_000


def test_the_line_and_the_route_are_those_of_the_request(sampled):
    ledger = Ledger(lambda flight: flight.scope["path"])
    kept = []

    def serve():  # a thread of a server begins with an empty context
        flight = ledger.enter({"path": "/images"})
        kept.append(np.zeros(100_000))
        ledger.leave(flight, failed=False)

    thread = threading.Thread(target=serve)
    thread.start()
    thread.join()
    (memory,) = (row for row in ledger.memory() if row.route == "/images")
    assert memory.strong_bytes == pytest.approx(800_000, rel=0.01)
    assert memory.lines[0].function.endswith("serve")


def test_a_bare_thread_is_without_the_handler(sampled):
    kept, entered = [], []

    def work():
        entered.append(_numpy.entered())
        kept.append(np.zeros(100_000))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert entered == [False]
    assert in_samples(kept) == {}
    assert _numpy.entered()


def test_the_option_of_the_middleware_turns_it_on(sampler):
    kept = []

    async def app(scope, receive, send):
        kept.append(np.zeros(100_000))

    guarded = LeakGuard(app, token=TOKEN, sampling=1024, numpy=True)
    try:
        asyncio.run(guarded({"type": "http", "method": "GET", "path": "/made"}, None, None))
    finally:
        set_at_start(None)
    (row,) = (row for row in guarded._ledger.memory() if row.route == "GET /made")
    assert row.strong_bytes == pytest.approx(800_000, rel=0.01)


def test_what_was_allocated_before_and_after_is_freed_as_well(sampled):
    # numpy remembers the handler of each array
    foreign = []
    thread = threading.Thread(target=lambda: foreign.append(np.zeros(10_000)))
    thread.start()
    thread.join()
    ours = np.zeros(10_000)
    sampling.stop()
    late = [np.zeros(10_000 + number) for number in range(100)]
    foreign.clear()
    del ours, late
    assert sampled.counts()["live"] == 0


class Handler(ctypes.Structure):
    """numpy's PyDataMem_Handler."""

    _fields_ = [
        ("name", ctypes.c_char * 127),
        ("version", ctypes.c_uint8),
        ("functions", ctypes.c_void_p * 5),
    ]


def test_a_handler_of_the_application_stays(sampled):
    point = ctypes.pythonapi.PyCapsule_GetPointer
    point.restype, point.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    make = ctypes.pythonapi.PyCapsule_New
    make.restype, make.argtypes = (
        ctypes.py_object,
        [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p],
    )
    name = ctypes.create_string_buffer(b"mem_handler")
    module = __import__("numpy._core._multiarray_umath", fromlist=["_ARRAY_API"])
    table = ctypes.cast(point(module._ARRAY_API, None), ctypes.POINTER(ctypes.c_void_p))
    set_handler = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(table[304])

    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.free.argtypes = [ctypes.c_void_p]
    malloc_type = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
    free_type = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
    asked = []

    def allocate(context, size):
        asked.append(size)
        return libc.malloc(ctypes.c_size_t(size))

    functions = [malloc_type(allocate), free_type(lambda context, block, size: libc.free(block))]
    addresses = [ctypes.cast(function, ctypes.c_void_p).value for function in functions]
    own = Handler(b"its own", 1, (None, addresses[0], None, None, addresses[1]))
    ours = set_handler(make(ctypes.addressof(own), name, None))
    try:
        _numpy.enter()
        array = np.empty(54_321)
        assert asked == [54_321 * 8]
        assert not _numpy.entered()
        del array
    finally:
        set_handler(ours)
    assert _numpy.entered()


FAKE = """
    import ctypes
    from leakguard.routes import _numpy, numpy_data
    version = ctypes.PYFUNCTYPE(ctypes.c_uint)
    functions = [version(lambda: {abi}), version(lambda: {feature})]
    table = (ctypes.c_void_p * 306)()
    table[0], table[211] = (ctypes.cast(function, ctypes.c_void_p).value for function in functions)
    make = ctypes.pythonapi.PyCapsule_New
    make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p] * 3
    print(_numpy.connect(make(ctypes.addressof(table), None, None)).replace(" ", "-"))
    _numpy.enter()
    print(_numpy.entered())
"""


@pytest.mark.parametrize(
    ("abi", "feature", "told"),
    [
        ("0x03000000", "0x20", "its-C-API-is-of-an-unknown-version,-0x3000000"),
        ("0x01000009", "0x0e", "it-is-older-than-1.22-and-has-no-memory-handlers"),
    ],
)
def test_a_numpy_that_is_not_known_is_left_alone(alone, abi, feature, told):
    assert alone(FAKE.format(abi=abi, feature=feature)) == [told, "False"]


def test_without_numpy_it_says_so(sampler, monkeypatch):
    sampling.start(1024)

    def missing(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(numpy_data.importlib, "import_module", missing)
    assert numpy_data.start() == "numpy is not installed"
    sampling._log_once.cache_clear()


def test_an_app_without_numpy_works_and_the_log_says_why(sampler, monkeypatch, caplog):
    monkeypatch.setattr(numpy_data, "start", lambda: "numpy is not installed")
    sampling.start_or_log(1024, numpy=True)
    sampling.start_or_log(1024, numpy=True)
    assert [record.message for record in caplog.records] == [
        "LeakGuard does not see the data of numpy's arrays: numpy is not installed"
    ]
    sampling._log_once.cache_clear()
