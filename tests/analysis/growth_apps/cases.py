"""Small apps, one for each way to grow or not: `cases.py NAME SNAPSHOTS REQUESTS` prints what grew.

Each case is a function that sets something up and returns the handler of one request; a request
has a number. The process takes a snapshot after each batch of requests, as a server would.
"""

from __future__ import annotations

import asyncio
import collections
import contextvars
import functools
import gc
import importlib
import json
import random
import sys
import weakref

import cachetools

from leakguard import pipeline
from leakguard.analysis import analyse_with
from leakguard.analysis.evidence import Evidence
from leakguard.analysis.growth import Summary, compare

CASES = {}


def case(make):
    CASES[make.__name__] = make
    return make


class Order:
    def __init__(self, number):
        self.number = number
        self.lines = [f"line {number} {at}" for at in range(3)]


# -- leaks --------------------------------------------------------------------------------------

ORDERS: list = []
BY_USER: dict = {}
HITS: list = []
SEEN: dict = {}
BLOBS: dict = {}
LOG = bytearray()
PER_ROUTE: dict = {"/cart": [], "/health": []}
ARCHIVE: list = []
INDEX: dict = {}


@case
def global_list():
    return lambda n: ORDERS.append(Order(n))


@case
def dict_by_data_key():
    def handle(n):
        BY_USER[f"user-{n}@example.com"] = {"order": Order(n), "seen": [n]}

    return handle


class Bus:
    def __init__(self):
        self.listeners = {"connect": [], "close": []}


BUS = Bus()


@case
def listeners_on_an_instance():
    def handle(n):
        order = Order(n)
        BUS.listeners["connect"].append(lambda: order.number)

    return handle


class Thing:
    def __init__(self, payload, method):
        self.payload = payload
        self.method = method


the_thing = None


@case
def closure_chain():
    def handle(n):
        global the_thing
        original = the_thing

        def method():
            return original

        the_thing = Thing([f"payload {n}"], method)

    return handle


class Node:
    def __init__(self, following):
        self.following = following
        self.rows = [object()]


head = None


@case
def linked_list():
    def handle(n):
        global head
        head = Node(head)

    return handle


@functools.cache
def load(number):
    return Order(number)


@case
def lru_cache_without_bound():
    return load


TABLE: weakref.WeakValueDictionary = weakref.WeakValueDictionary()


@case
def weak_side_table():
    def handle(n):
        order = TABLE[f"order {n}"] = Order(n)
        ORDERS.append(order)

    return handle


HISTORY: contextvars.ContextVar = contextvars.ContextVar("history", default=None)


@case
def context_variable():
    HISTORY.set([])
    return lambda n: HISTORY.get().append(Order(n))


@case
def two_owners():
    def handle(n):
        order = Order(n)
        ARCHIVE.append(order)
        INDEX[f"order {n}"] = order

    return handle


@case
def one_route_of_a_mix():
    def handle(n):
        json.loads(json.dumps({"items": list(range(n % 50))}))
        if n % 5 == 0:
            PER_ROUTE["/cart"].append(Order(n))

    return handle


@case
def floats_only():
    return lambda n: HITS.extend((n * 1.5, n * 2.5, n * 3.5, n * 4.5))


@case
def numbers_by_number():
    def handle(n):
        SEEN[n + 100_000] = n + 200_000

    return handle


@case
def one_growing_buffer():
    return lambda n: LOG.extend(b"x" * 900)


@case
def large_and_seldom():
    def handle(n):
        if n % 100 == 0:
            BLOBS[f"blob {n}"] = bytearray(1_000_000)

    return handle


@case
def stuck_tasks():
    loop = asyncio.new_event_loop()

    async def wait_for_ever(order):
        await asyncio.sleep(1_000_000)
        return order

    async def start(n):
        asyncio.get_running_loop().create_task(wait_for_ever(Order(n)))
        await asyncio.sleep(0)

    return lambda n: loop.run_until_complete(start(n))


@case
def cycle_of_weak_keys():
    """A value that refers to its key keeps it alive: the weak container is the holder."""
    table: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
    CASES["table"] = table

    def handle(n):
        order = Order(n)
        table[order] = [order]

    return handle


@case
def beside_a_warming_cache():
    def handle(n):
        SEEN.setdefault(random.randrange(150) + 1000, Order(n))
        ORDERS.append(Order(n))

    return handle


@case
def two_leaks_of_different_size():
    def handle(n):
        ORDERS.append(Order(n))
        BUS.listeners["close"].append(functools.partial(print, [n] * 200))

    return handle


# -- no leaks -----------------------------------------------------------------------------------

WARM: dict = {}
RECENT: collections.deque = collections.deque(maxlen=5000)
LRU: cachetools.LRUCache = cachetools.LRUCache(maxsize=5000)
BATCH: list = []
POOL: list = []


@case
def quiet_warming_dict():
    random.seed(1)

    def handle(n):
        key = f"item {random.randrange(120)}"
        if key not in WARM:
            WARM[key] = Order(n)

    return handle


@case
def quiet_deque():
    return lambda n: RECENT.append(Order(n))


@case
def quiet_cachetools():
    def handle(n):
        LRU[f"order {n}"] = Order(n)

    return handle


@functools.lru_cache(maxsize=5000)
def bounded(number):
    return Order(number)


@case
def quiet_lru_cache():
    return bounded


@case
def quiet_batches():
    def handle(n):
        BATCH.append(Order(n))
        if len(BATCH) >= 100:
            BATCH.clear()

    return handle


@case
def quiet_cycles():
    gc.disable()  # the next collection is not to come by chance

    def handle(n):
        order = Order(n)
        order.self = order
        if n % 450 == 0:
            gc.collect()

    return handle


@case
def quiet_import():
    def handle(n):
        if n == 450:
            for name in ("xml.dom.minidom", "email.mime.text", "sqlite3", "unittest.mock"):
                importlib.import_module(name)

    return handle


class Connection:
    def __init__(self):
        self.buffer = bytearray(20_000)
        self.statements = [Order(at) for at in range(30)]


@case
def quiet_pool():
    def handle(n):
        if n % 30 == 0 and len(POOL) < 8:
            POOL.append(Connection())

    return handle


CONSTANTS: dict = {}


@case
def quiet_constants():
    for number in range(20_000):
        CONSTANTS[f"entry {number}"] = Order(number)
    return lambda n: None


@case
def quiet_nothing():
    return lambda n: json.loads(json.dumps({"items": list(range(n % 50))}))


def main(name, snapshots, requests):
    handle = CASES[name]()
    summaries, rounds, number = [], [], 0
    for _ in range(snapshots):
        for _ in range(requests):
            number += 1
            handle(number)
        with pipeline.snapshot() as image:
            evidence = Evidence(summaries=tuple(summaries), requests=number)
            analysis = analyse_with(image, evidence)
        summaries.append(analysis.summary.to_bytes())
        rounds.append(analysis.findings)
    growth = compare([Summary.from_bytes(data) for data in summaries])
    print(
        json.dumps(
            {
                "ready": growth.ready,
                "paths": [
                    {
                        "holder": path.holder,
                        "verdict": path.verdict,
                        "bytes": path.growth_bytes,
                        "a_request": path.bytes_per_request,
                        "series": path.objects,
                    }
                    for path in growth.paths
                ],
                "rounds": [
                    [
                        {
                            "kind": suspect.kind,
                            "holder": suspect.holder,
                            "growth_bytes": suspect.growth_bytes,
                            "confidence": suspect.confidence,
                            "fingerprint": suspect.fingerprint,
                            "also": suspect.also_held_by,
                        }
                        for suspect in findings.suspects
                    ]
                    for findings in rounds
                ],
                "notes": [findings.notes for findings in rounds],
                "sizes": [len(data) for data in summaries],
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
