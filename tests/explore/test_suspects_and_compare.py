"""The findings of an image, and two images of one process held against each other."""

from __future__ import annotations

import json

import images
import pytest

from leakguard.explore import views
from leakguard.explore.errors import ViewError
from leakguard.explore.opened import Opened


def compared(before, after):
    opened = [Opened(builder.image()) for builder in (before, after)]
    return json.loads(views.answer("compare", opened, {}))


def test_the_suspects_are_those_of_the_report_with_their_nodes(shop):
    told = shop("suspects")
    assert told["schema"] == "leakguard/1"
    assert [suspect["holder"] for suspect in told["suspects"]] == [
        "shop.cart.CARTS",
        "shop.vm.the_thing",
    ]
    for suspect in told["suspects"]:
        graph = shop("graph", suspect=suspect["rank"])
        assert graph["nodes"][0]["id"] == suspect["node"]
        assert graph["nodes"][0]["name"] == suspect["holder"]


def test_what_was_found_when_the_image_was_taken_is_what_is_told(shop):
    known = {
        "findings": {"suspects": [{"rank": 1, "objects": {"type": "shop.vm.Thing"}}]},
        "holders": [9002],
    }
    opened = Opened(images.shop().image(), known)
    told = json.loads(views.answer("suspects", [opened], {}))
    assert told["suspects"] == [{"rank": 1, "objects": {"type": "shop.vm.Thing"}, "node": 9002}]
    graph = json.loads(views.answer("graph", [opened], {"suspect": "1"}))
    assert graph["nodes"][0]["type"] == "shop.vm.Thing"


def test_what_grew_is_told_by_holder_and_by_type():
    told = compared(images.shop(carts=300), images.shop(carts=500, created=1060.0))
    (grown,) = told["holders"]
    assert (grown["holder"], grown["kind"]) == ("shop.cart.CARTS", "global-cache")
    assert grown["growth"] == grown["after"] - grown["before"] > 4_000_000
    assert grown["objects"] == 200 * 17  # with what belongs to a cart, folded leaves included
    types = {row["type"]: row for row in told["types"]}
    carts = types["shop.cart.Cart"]
    assert (carts["count_before"], carts["count_after"]) == (300, 500)
    assert carts["bytes_after"] - carts["bytes_before"] == 200 * 64
    assert "shop.vm.Thing" not in types
    growth = [row["bytes_after"] - row["bytes_before"] for row in told["types"]]
    assert growth == sorted(growth, reverse=True)
    assert told["seconds"] == 60.0


def test_what_shrank_is_told_too():
    told = compared(images.shop(carts=500), images.shop(carts=300, created=1060.0))
    assert told["holders"] == []
    assert told["types"][-1]["type"] == "bytearray"


def test_the_earlier_image_is_compared_with_whichever_is_named_first():
    earlier, later = images.shop(carts=300), images.shop(carts=500, created=1060.0)
    told = compared(earlier, later)
    assert not told["exchanged"]
    assert compared(later, earlier) == told | {"exchanged": True}


def test_a_holder_has_what_its_graph_says(look):
    builders = images.shop(carts=300), images.shop(carts=500, created=1060.0)
    (grown,) = compared(*builders)["holders"]
    graphs = [look(builder)("graph", suspect=1) for builder in builders]
    assert [grown["before"], grown["after"]] == [told["nodes"][0]["retained"] for told in graphs]


def test_images_of_different_processes_cannot_be_compared():
    with pytest.raises(ViewError, match="different processes") as caught:
        compared(images.shop(), images.shop(pid=4243, created=1060.0))
    assert caught.value.status == 400
