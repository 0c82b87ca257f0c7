"""Small apps, one for each way to grow. `measuring.py` says how they are run."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import json
import random
import weakref

from measuring import Order, case, run

ORDERS: list = []
BY_USER: dict = {}
HITS: list = []
SEEN: dict = {}
BLOBS: dict = {}
LOG = bytearray()
PER_ROUTE: dict = {"/cart": [], "/health": []}
ARCHIVE: list = []
INDEX: dict = {}
TABLES: dict = {}


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
    TABLES["table"] = table

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


if __name__ == "__main__":
    run()
