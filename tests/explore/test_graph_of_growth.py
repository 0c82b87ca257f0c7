"""Graphs of suspects that growth alone shows: held by several, or no one object of the image."""

from __future__ import annotations

import json

import images
import pytest

from leakguard.explore import views
from leakguard.explore.errors import ViewError
from leakguard.explore.opened import Opened
from leakguard.image import EdgeKind, TypeKind

TYPE = "shop.cart.Order"


def two_owners(count=300):
    """Orders in a dict of one module and in a list of another, each with bytes of its own."""
    made = images.Maker()
    by_number = made.node("dict", 9_000, TypeKind.DICT)
    recent = made.node("list", 2_400, TypeKind.LIST)
    holder = made.edge(made.module("shop.cart", images.SHOP), EdgeKind.KEY, "ORDERS", by_number)
    made.edge(made.module("shop.log", images.SHOP), EdgeKind.KEY, "RECENT", recent)
    orders = [made.instance(TYPE, 64) for _ in range(count)]
    for order in orders:
        made.edge(order, EdgeKind.ATTR, "text", made.node("bytearray", 10_000))
        made.edge(order, EdgeKind.ATTR, "all", by_number)
    made.data_keys(by_number, orders)
    made.items(recent, orders)
    return made.builder, holder


def opened_as(builder, node, **suspect):
    told = {"rank": 1, "holder": "shop.cart.ORDERS", "objects": {"type": TYPE}, **suspect}
    return Opened(builder.image(), {"findings": {"suspects": [told]}, "holders": [node]})


def graph(opened, **given):
    return json.loads(views.answer("graph", [opened], {"suspect": "1", **given}))


def test_what_others_hold_as_well_is_drawn_below_the_holder():
    builder, holder = two_owners()
    told = graph(opened_as(builder, holder, retained_bytes=3_000_000))
    suspect = told["nodes"][0]
    (orders,) = (node for node in told["nodes"] if node["type"] == TYPE)
    assert (suspect["id"], suspect["retained"]) == (holder, 3_000_000)
    assert (orders["count"], orders["role"]) == (300, "chain")
    assert orders["retained"] == 3_000_000  # 300 × 10,064, and no more than the suspect
    assert orders["shallow"] == 300 * 64
    assert orders["words"][-1] == "300 × [shop.cart.Order] under str keys"
    (edge,) = (edge for edge in told["edges"] if edge["to"] == orders["id"])
    assert (edge["from"], edge["chain"]) == (holder, True)
    assert told["more"] == {"nodes": 0, "bytes": 0}


def test_what_the_holder_retains_itself_is_drawn_once(shop):
    opened = shop.opened
    before = graph(opened)
    findings = {**opened.found[0], "suspects": list(opened.found[0]["suspects"])}
    again = Opened(opened.image, {"findings": findings, "holders": list(opened.found[1])})
    assert graph(again) == before
    assert sum(node["type"] == "shop.cart.Cart" for node in before["nodes"]) == 1


def test_a_suspect_that_is_no_object_is_drawn_from_its_reference_list():
    links = [
        {"type": "module", "name": "shop.cart", "edge": "", "file": images.SHOP, "line": None},
        {"type": "dict", "name": "", "edge": ".ORDERS", "file": None, "line": None},
        {"type": TYPE, "name": "", "edge": "[str]", "file": None, "line": 3, "repeats": 499},
    ]
    builder, _ = two_owners(count=3)
    opened = opened_as(builder, -1, retained_bytes=777, chain=links)
    told = graph(opened)
    suspect, module, orders = told["nodes"]
    assert (suspect["role"], suspect["name"], suspect["retained"]) == (
        "suspect",
        "shop.cart.ORDERS",
        777,
    )
    assert (orders["type"], orders["count"]) == (TYPE, 499)
    assert orders["words"][0] == "[module] shop.cart  cart.py"
    assert len(orders["words"]) == 3
    assert {node["placed"] for node in told["nodes"]} == {False}
    assert min(node["id"] for node in told["nodes"]) > opened.image.node_count
    assert [(edge["from"], edge["to"]) for edge in told["edges"]] == [
        (module["id"], suspect["id"]),
        (suspect["id"], orders["id"]),
    ]


@pytest.mark.parametrize("chain", [[], None])
def test_a_suspect_of_which_little_is_known_is_one_node(chain):
    builder, _ = two_owners(count=3)
    known = {"retained_bytes": 5} | ({} if chain is None else {"chain": chain})
    (suspect,) = graph(opened_as(builder, -1, **known))["nodes"]
    assert (suspect["name"], suspect["role"]) == ("shop.cart.ORDERS", "suspect")


def test_a_rank_that_there_is_not_is_a_404():
    builder, _ = two_owners(count=3)
    with pytest.raises(ViewError, match="no suspect 2: there are 1") as caught:
        views.answer("graph", [opened_as(builder, -1)], {"suspect": "2"})
    assert caught.value.status == 404


def test_what_was_drawn_unasked_is_put_away_and_comes_back(varied):
    whole = varied("graph", suspect=1)
    (jobs,) = (node for node in whole["nodes"] if node["type"] == "jobs.queue.Job")
    assert jobs["opened"]
    assert not whole["nodes"][-1]["opened"]
    closed = varied("graph", suspect=1, collapse=jobs["id"])
    shown = {node["id"]: node for node in closed["nodes"]}
    assert shown[jobs["id"]] == jobs | {"opened": False, "expandable": True}
    assert not any(edge["from"] == jobs["id"] for edge in closed["edges"])
    for told in (whole, closed):
        drawn = [node for node in told["nodes"] if node["name"] != "jobs.queue"]
        assert sum(node["count"] for node in drawn) == varied.opened.node_counts[drawn[0]["id"]]
        assert sum(node["shallow"] for node in drawn) == drawn[0]["retained"]
    # what is put away stays so, whatever was opened
    assert varied("graph", suspect=1, collapse=jobs["id"], expand=jobs["id"]) == closed


def test_the_suspect_itself_can_be_put_away(shop):
    top = shop("graph", suspect=1)["nodes"][0]["id"]
    told = shop("graph", suspect=1, collapse=top)
    assert [node["role"] for node in told["nodes"]] == ["suspect", "chain", "rest"]
    assert told["nodes"][0]["expandable"]
