"""The verdict on suspects, by a table of cases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from verdict_cases import CARTS, GROWN, LINE, NATIVE, ROUTED, ROUTES, growth, judge, terms

from leakguard.analysis.growth import GrownPath
from leakguard.analysis.route_findings import RouteShare


def test_a_leak_with_its_route_and_line_is_told_in_a_colleagues_words():
    found = judge(ROUTED, growth=growth(), evidence=terms(), routes=ROUTES)
    assert found.text == (
        "GET /cart/{n} leaks 910 bytes a request (97 % sure): Cart objects in shop.cart.CARTS, "
        "allocated at shop/cart.py:41. 3,200 requests, 2.8 MB so far, 1.1 MB/min."
    )
    assert (found.kind, found.confidence, found.term) == ("global-cache", 0.97, "python_objects")
    assert (found.advice, found.doubt) == ("Bound the cache.", "")


def test_two_routes_share_one_suspect():
    shares = (RouteShare("GET /a", 0.91, 3_000, 10_020.0), RouteShare("GET /b", 0.09, 300, 990.0))
    found = judge(replace(ROUTED, routes=shares), growth=growth(), evidence=terms())
    assert found.text.startswith(
        "GET /a (91 %) and GET /b (9 %) leak 10.0 kB and 990 bytes a request (97 % sure): Cart "
    )
    assert "3,300 requests" in found.text


def test_routes_that_leave_as_much_behind_are_told_so_once():
    shares = (RouteShare("GET /a", 0.91, 3_000, 910.2), RouteShare("GET /b", 0.09, 300, 909.8))
    found = judge(replace(ROUTED, routes=shares), growth=growth(), evidence=terms())
    assert found.text.startswith(
        "GET /a (91 %) and GET /b (9 %) leak 910 bytes a request each (97 % sure): Cart objects"
    )


@pytest.mark.parametrize(
    "clean",
    [RouteShare("GET /health", 0.03, 900, 1.0), RouteShare("GET /health", 0.1, 900, 3.0, 0.16)],
    ids=["a trace", "far less than its margin"],
)
def test_a_route_that_owes_its_share_to_chance_is_not_named(clean):
    leaking = RouteShare("GET /cart/{n}", 1 - clean.share, 3_200, 900.0, 0.1)
    other = replace(ROUTED, rank=2, holder="shop.LOG", routes=(leaking, clean))
    found = judge(replace(ROUTED, routes=(leaking, clean)), other, growth=growth())
    assert "health" not in found.text
    assert "GET /cart/{n}" in found.text


def test_what_the_server_made_before_the_route_was_known_is_not_beside_it():
    route = RouteShare("GET /cart/{n}", 0.7, 3_200, 900.0, 0.1)
    before = RouteShare("(no request)", 0.3, 0, None, 0.1)
    found = judge(replace(ROUTED, routes=(route, before)), growth=growth())
    assert found.text.startswith("GET /cart/{n} (70 %) leaks 900 bytes a request (")
    assert "outside of requests" not in found.text


@pytest.mark.parametrize(
    ("route", "beginning"),
    [
        ("(no request)", "Work outside of requests leaks 910 bytes a request ("),
        ("(unmatched)", "Requests that match no route leak 910 bytes a request ("),
        ("nightly-import", "nightly-import leaks 910 bytes a run ("),
        ("WS /chat", "WS /chat leaks 910 bytes a connection ("),
    ],
)
def test_what_is_no_route_is_called_by_its_name(route, beginning):
    found = judge(replace(ROUTED, routes=(RouteShare(route, 1.0, 3_200, 910.0),)), growth=growth())
    assert found.text.startswith(beginning)


def test_a_second_suspect_is_named_with_its_route():
    second = replace(
        ROUTED, rank=2, holder="shop.LOG", routes=(RouteShare("POST /log", 1.0, 50, 64.0),)
    )
    found = judge(ROUTED, second, growth=growth(), evidence=terms())
    assert found.text.endswith(" And 1 more suspect: POST /log (64 bytes a request) in shop.LOG.")
    found = judge(ROUTED, second, second, second, growth=growth())
    assert found.text.endswith("in shop.LOG, 1 more.")
    assert "And 3 more suspects: POST /log" in found.text


def test_growth_without_routes_is_told_by_the_holder():
    found = judge(GROWN, growth=growth(), evidence=terms())
    assert found.text == (
        "Cart objects pile up in shop.cart.CARTS (97 % sure): 41,207 of them retain 97.3 MB, 66 % "
        "of the heap. 300 B a request, 2.8 MB so far, 1.1 MB/min."
    )
    assert (
        "sampling" in judge(replace(GROWN, confidence=0.8), growth=growth(), evidence=terms()).doubt
    )


def test_one_image_alone_tells_sizes():
    found = judge(CARTS)
    assert found.text == (
        "Cart objects pile up in shop.cart.CARTS: 41,207 of them retain 97.3 MB, 66 % of the heap."
    )
    assert (found.confidence, found.term, found.doubt) == (0.9, None, "")


def test_the_first_of_a_servers_snapshots_only_suspects():
    routed = replace(CARTS, routes=ROUTED.routes)
    found = judge(routed, growth=growth(False, intervals=0), evidence=terms(), routes=ROUTES)
    assert found.text.startswith("GET /cart/{n} seems to leak 910 bytes a request (70 % sure): ")
    assert found.doubt.startswith("Three more snapshots")


def test_the_pace_is_that_of_the_suspects_own_time():
    path = GrownPath(
        "shop.cart.CARTS", "growing", 0.97, "shop.cart.Cart", 41_207, 3_200, 2_800_000, (), (),
        60.0, 3_200, False, False, False, (), 1, 2,
    )  # fmt: skip
    found = judge(ROUTED, growth=growth(paths=(path,)))
    assert found.text.endswith("2.8 MB so far, 2.8 MB/min.")


def test_a_linked_chain():
    found = judge(ROUTED, linked=True, growth=growth())
    assert "each Cart object keeps the one before it alive, from shop.cart.CARTS on," in found.text


def test_objects_that_only_c_holds():
    found = judge(NATIVE, growth=growth(), evidence=terms(c_heap_in_use=9), routes=ROUTES)
    assert (found.kind, found.term) == ("native", "c_heap_in_use")
    assert (
        "3,200 Node objects live on that nothing in Python refers to, allocated at "
        "shop/cart.py:41: an extension does not let go of them, or cannot collect cycles."
    ) in found.text
    found = judge(replace(NATIVE, routes=()), growth=growth())
    assert found.text.startswith("3,200 Node objects live on that nothing in Python refers to, ")


def test_memory_of_c_that_grows_with_a_holder_is_told_beside_it():
    found = judge(ROUTED, growth=growth(), evidence=terms(c_heap_in_use=30), routes=ROUTES)
    assert found.kind == "global-cache"
    assert "The C heap grows too, by 31.5 MB/min, 629.1 MB in 20 min." in found.text
    assert "second leak" in found.doubt
    found = judge(ROUTED, growth=growth(), evidence=terms(c_heap_in_use=0.2), routes=ROUTES)
    assert "C heap" not in found.text


def test_what_grew_in_too_few_intervals_only_seems_to_leak():
    found = judge(ROUTED, growth=growth(False, intervals=1), evidence=terms(), routes=ROUTES)
    assert found.text.startswith("GET /cart/{n} seems to leak 910 bytes a request (")


def test_nothing_is_more_than_99_percent_sure():
    found = judge(replace(ROUTED, confidence=1.0), growth=growth())
    assert found.confidence == 0.99
    assert "(99 % sure)" in found.text


def test_a_librarys_line_is_left_out_beside_the_applications_own():
    library = replace(LINE, file="/usr/lib/python3/site-packages/lib/core.py", line=7, share=0.9)
    both = replace(ROUTED, lines=(replace(LINE, share=0.1), library))
    assert "allocated at shop/cart.py:41. " in judge(both, growth=growth()).text
    alone = replace(ROUTED, lines=(library,))
    assert "allocated at lib/core.py:7. " in judge(alone, growth=growth()).text


@pytest.mark.parametrize(
    ("route", "words"),
    [("GET /a", "3,200 requests"), ("WS /a", "3,200 connections"), ("nightly", "3,200 runs")],
)
def test_a_websocket_has_connections_and_a_track_runs(route, words):
    suspect = replace(ROUTED, routes=(RouteShare(route, 1.0, 3_200, 910.0),))
    assert f". {words}, " in judge(suspect, growth=growth()).text
