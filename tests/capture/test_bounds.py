"""How much containers say that they hold at most."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import cachetools
import pytest
from looking import look

from leakguard.capture._pure.bounds import bound_of_instance

if TYPE_CHECKING:
    from collections.abc import Callable

    from leakguard.image import HeapImage

BY_AGE, LARGEST = -1, (1 << 63) - 1


class Pages(cachetools.LRUCache[str, object]):
    pass


class Weighed(cachetools.LRUCache[str, str]):
    @staticmethod
    def getsizeof(value: str) -> float:
        return len(value)


CACHES: dict[str, tuple[Callable[[], Any], int | None]] = {
    "by number": (lambda: cachetools.LRUCache(maxsize=300), 300),
    "a subclass": (lambda: Pages(maxsize=12), 12),
    "by weight": (lambda: cachetools.LRUCache(maxsize=300, getsizeof=len), None),
    "by a weight of its own": (lambda: Weighed(maxsize=300), None),
    "no number": (lambda: cachetools.LRUCache(maxsize=math.inf), LARGEST),
    "a huge number": (lambda: cachetools.FIFOCache(maxsize=10**40), LARGEST),
    "by age": (lambda: cachetools.TTLCache(maxsize=10**9, ttl=60), BY_AGE),
    "by a long age": (lambda: cachetools.TTLCache(maxsize=5000, ttl=10**7), 5000),
    "by an age for each": (lambda: cachetools.TLRUCache(9, ttu=lambda k, v, now: now), BY_AGE),
}


@pytest.mark.parametrize("name", CACHES)
def test_caches_of_packages(method: str, name: str) -> None:
    make, limit = CACHES[name]
    cache = make()
    cache["key"] = "value"
    view = look(method)
    assert view.image.bound_of(view.node[id(cache)]) == limit
    assert bound_of_instance(cache) == limit


def known_to_nobody(image: HeapImage) -> int:
    """How many interned strings nothing else refers to."""
    tables = (
        image.node_folded[node]
        for node in range(image.node_count)
        if image.type_name(image.node_type[node]) == "<interned strings>"
    )
    return next(tables, 0)


def test_strings_that_only_their_being_interned_keeps(method: str) -> None:
    before = known_to_nobody(look(method).image)
    for number in range(500):
        sys.intern(f"the name of user {number}, {method}")
    kept = known_to_nobody(look(method).image) - before
    assert (kept >= 500) == (sys.version_info[:2] == (3, 12))
