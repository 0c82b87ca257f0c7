"""The views of an image of 10,000 nodes, as somebody who looks for the leak sees them."""

from __future__ import annotations

import pytest

from leakguard.explore.errors import ViewError


def by_role(graph, role):
    return [node for node in graph["nodes"] if node["role"] == role]


@pytest.mark.parametrize("name", ["shop", "varied"])
def test_the_images_are_as_large_as_they_say(request, name):
    assert request.getfixturevalue(name).heap.image.node_count == 10_000


def test_the_cache_is_the_largest_node_and_its_carts_are_one(shop):
    graph = shop("graph", suspect=1)
    first = graph["nodes"][0]
    assert (first["role"], first["name"]) == ("suspect", "shop.cart.CARTS")
    assert max(node["retained"] for node in graph["nodes"]) == first["retained"]
    assert [node["name"] for node in by_role(graph, "chain")] == ["", "shop.cart"]
    (carts,) = (node for node in graph["nodes"] if node["type"] == "shop.cart.Cart")
    assert (carts["count"], carts["role"]) == (500, "chain")
    assert carts["words"][-1] == "500 × [shop.cart.Cart] under str keys"
    assert carts["words"][0].startswith("[module] shop.cart")


def test_the_links_of_a_linked_chain_are_folded_by_their_place(shop):
    graph = shop("graph", suspect=2)
    chain = {node["type"]: node["count"] for node in by_role(graph, "chain")}
    assert chain == {"function": 499, "cell": 499, "shop.vm.Thing": 499, "module": 1}
    assert by_role(graph, "suspect")[0]["name"] == "shop.vm.the_thing"
    texts = [node for node in graph["nodes"] if node["type"] == "str"]
    assert sorted(node["count"] for node in texts) == [1, 499]


def test_a_picture_of_many_kinds_stays_within_its_limit(varied):
    graph = varied("graph", suspect=1)
    assert 100 < len(graph["nodes"]) <= 300
    assert graph["nodes"][-1]["role"] == "rest"
    assert graph["nodes"][-1]["name"] == f"… and {graph['more']['nodes']:,} more"


def test_types_are_searched_in_whatever_case(shop):
    found = shop("types", search="CART.c")
    assert [row["type"] for row in found["rows"]] == ["shop.cart.Cart", "shop.cart.Customer"]
    assert found["total"] == 2


def test_dominators_begin_at_the_root_and_go_down(shop):
    top = shop("dominators")
    assert [child["name"] for child in top["children"]][:2] == ["shop.cart", "shop.vm"]
    below = shop("dominators", node=top["children"][0]["id"])
    assert below["node"]["name"] == "shop.cart"
    carts = shop("dominators", node=below["children"][0]["id"])["children"][0]
    page = shop("dominators", node=carts["id"], offset=499, limit=50)
    assert (page["total"], len(page["children"])) == (500, 1)


def test_a_node_tells_both_directions(shop):
    (carts,) = (n for n in shop("graph", suspect=1)["nodes"] if n["type"] == "shop.cart.Cart")
    cart = shop("node", node=carts["id"])
    assert [edge["label"] for edge in cart["in"]["edges"]] == ["[str]"]
    labels = [edge["label"] for edge in cart["out"]["edges"]]
    assert labels == [".lines", ".customer", ".page", ".totals"]
    nobody = shop("node", node=cart["out"]["edges"][1]["id"], limit=3)
    assert nobody["in"]["total"] == 501
    assert len(nobody["in"]["edges"]) == 3
    assert nobody["words"] == ["[module] shop.cart  cart.py", "[shop.cart.Customer] .NOBODY"]


@pytest.mark.parametrize(
    ("view", "given", "status", "says"),
    [
        ("grap", {}, 404, "did you mean 'graph'"),
        ("graph", {"sort": "x"}, 400, "there are: collapse, expand, limit, node, suspect."),
        ("graph", {"suspects": "1"}, 400, "did you mean 'suspect'"),
        ("graph", {}, 400, "suspect=1"),
        ("graph", {"suspect": "1", "node": "1"}, 400, "suspect=1"),
        ("graph", {"suspect": "0"}, 400, "from 1 to 50"),
        ("graph", {"suspect": "9"}, 404, "there are 2"),
        ("graph", {"node": "10000"}, 404, "the last one is 9999"),
        ("graph", {"node": "1", "limit": "501"}, 400, "from 1 to 500"),
        ("graph", {"node": "1", "expand": "1,x"}, 400, "such as 17,4"),
        ("dominators", {"node": "rot"}, 400, "'root'"),
        ("dominators", {"offset": "-1"}, 400, "from 0 to"),
        ("types", {"sort": "retainde"}, 400, "did you mean 'retained'"),
        ("types", {"search": "x" * 201}, 400, "201 characters"),
        ("node", {}, 400, "node="),
        ("node", {"node": "²"}, 400, "whole number"),
        ("modules", {"limit": "5"}, 400, "it has none"),
    ],
)
def test_a_wrong_question_is_told_what_is_possible(shop, view, given, status, says):
    with pytest.raises(ViewError) as caught:
        shop(view, **given)
    assert caught.value.status == status
    assert says in str(caught.value)
