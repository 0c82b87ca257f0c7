"""Containers that let the oldest go: deque, lru_cache, cachetools' LRU and TTL caches."""

from __future__ import annotations

import collections
import functools

import cachetools
from serving import serving

RECENT = collections.deque(maxlen=200)
BY_SIZE = cachetools.LRUCache(maxsize=300)
BY_TIME = cachetools.TTLCache(maxsize=5_000, ttl=0.2)


@functools.lru_cache(maxsize=250)
def rendered(number):
    return [f"{number} {at}" for at in range(10)]


def recent(number):
    RECENT.append([number, str(number)])


def sized(number):
    BY_SIZE[number] = [number, str(number)]


def timed(number):
    BY_TIME[number] = [number, str(number)]


def page(number):
    rendered(number)


app = serving({"/recent/{n}": recent, "/sized/{n}": sized, "/timed/{n}": timed, "/page/{n}": page})
