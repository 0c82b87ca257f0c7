"""What a holder has now, with what was there when growth began to be counted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from leakguard.analysis.growth import compare
from leakguard.image import EdgeKind, TypeKind

HELD = Path(__file__).with_name("growth_apps") / "held.py"
KB = 1000
EVEN = [100, 200, 300, 400, 500, 600]


def keyed(heap, count):
    table = heap.variable(heap.shop, "CARTS", "dict", 300, TypeKind.DICT)
    heap.fill(table, count, 200, edge=EdgeKind.DATA_KEY)
    heap.fill(table, 5, 200, "shop.Other")


def test_the_keys_of_warm_up_are_held_too(series):
    (grown,) = compare(series(keyed, EVEN)).paths
    assert (grown.holder, grown.object_type, grown.object_count) == ("shop.CARTS", "shop.Cart", 600)
    assert grown.held_bytes == 600 * 200
    assert grown.chain[-1].repeats == 600
    # what it gained is still what came since
    assert (grown.growth_objects, grown.growth_bytes) == (400, 400 * 200)


def test_a_list_has_no_keys(series):
    def build(heap, count):
        held = heap.variable(heap.shop, "CARTS", "list", 300, TypeKind.LIST)
        heap.fill(held, count, 200)

    (grown,) = compare(series(build, EVEN)).paths
    assert (grown.object_count, grown.growth_objects) == (600, 400)


def test_of_several_tables_only_those_that_grow_are_told(series):
    def build(heap, count):
        tables = heap.variable(heap.shop, "BY_ROUTE", "dict", 300, TypeKind.DICT)
        for at in range(4):
            table = heap.node("dict", 5 * KB, TypeKind.DICT)
            heap.edge(tables, EdgeKind.DATA_KEY, at, table)
            heap.fill(table, count if at < 2 else 20, 200, edge=EdgeKind.DATA_KEY)

    (grown,) = compare(series(build, EVEN)).paths
    assert (grown.holder, grown.object_count) == ("shop.BY_ROUTE[str]", 1200)


def test_what_is_too_little_under_each_key_is_told_of_the_whole(series):
    def build(heap, count):
        users = heap.variable(heap.shop, "BY_USER", "dict", 300, TypeKind.DICT)
        for at in range(30):
            of_user = heap.node("dict", 200, TypeKind.DICT)
            heap.edge(users, EdgeKind.DATA_KEY, at, of_user)
            heap.fill(of_user, (count + at) // 30, 200, edge=EdgeKind.DATA_KEY)

    (grown,) = compare(series(build, EVEN)).paths
    assert (grown.holder, grown.object_count) == (
        "shop.BY_USER",
        sum((600 + a) // 30 for a in range(30)),
    )
    assert grown.growth_bytes == 400 * 200


@pytest.mark.parametrize(
    "name",
    [
        "KEPT",
        "IN_ORDER",
        "CACHE",
        "ORDERS",
        "BASKETS",
        "BY_USER",
        "BY_GROUP",
    ],
)
def test_real_containers(name):
    done = subprocess.run(
        [sys.executable, str(HELD), name],  # without -P: it has a helper
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["holder"] == f"__main__.{name}"
    assert told["count"] == told["truth"]["entries"]
    assert told["retained"] == pytest.approx(told["truth"]["retained"], rel=0.01)
    assert told["growth_bytes"] < told["retained"]
