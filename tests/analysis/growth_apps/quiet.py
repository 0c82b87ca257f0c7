"""Small apps that fill up, empty themselves or stay as they are: none grows."""

from __future__ import annotations

import collections
import functools
import gc
import importlib
import json
import random

import cachetools
from measuring import Order, case, run

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


if __name__ == "__main__":
    run()
