"""Leaks and what is no leak, under LeakGuard as it comes: who holds, which kind, whose requests."""

from __future__ import annotations

import re

import pytest
from cases import OFTEN, Leak, Run
from catalogue import OWN, QUIET, RUNNING
from published import NATIVE, NATIVE_FIXED, PUBLISHED

LEAKS = [*(case.leak for case in PUBLISHED), *OWN, RUNNING]
# A small part of what a request keeps may be the server's, made before the app was called.
SHARE_WITHIN = 0.25
# A process that is a few seconds old still warms up, in C as well: "unknown" is no blame.
NO_LEAK = ("none", "warm-up", "unknown")


@pytest.mark.parametrize(
    ("run", "leak"), [pytest.param(leak.run, leak, id=str(leak.run)) for leak in LEAKS]
)
def test_a_leak_is_named_first(leak: Leak, last):
    first = last["suspects"][0]
    assert re.fullmatch(leak.holder, first["holder"])
    assert first["kind"] == last["verdict"]["kind"] == leak.kind
    assert first["growth_bytes"] > 0
    assert first["confidence"] > 0.5
    routes = {row["route"]: row["share"] for row in first["routes"]}
    assert next(iter(routes)) == next(iter(leak.routes))
    for route, share in leak.routes.items():
        assert routes[route] == pytest.approx(share, abs=SHARE_WITHIN)


@pytest.mark.parametrize("run", [Run("two_leaks", sampling=OFTEN)], ids=str)
def test_two_leaks_are_told_in_their_order_and_nothing_else(last):
    told = [(suspect["holder"], suspect["kind"]) for suspect in last["suspects"]]
    assert told == [
        ("two_leaks.ORDERS", "global-cache"),
        ("two_leaks.BY_SESSION", "global-cache"),
    ]
    first, second = (suspect["routes"][0]["route"] for suspect in last["suspects"])
    assert (first, second) == ("GET /order/{n}", "GET /visit/{n}")


@pytest.mark.parametrize("run", [leak.run for leak in LEAKS], ids=str)
def test_no_route_that_keeps_nothing_is_blamed(last):
    assert not re.search(r"/(health|search|product)/", last["verdict"]["text"])


@pytest.mark.parametrize("run", [leak.run for leak in OWN], ids=str)
def test_one_leak_is_one_suspect(last):
    assert len(last["suspects"]) == 1


@pytest.mark.parametrize(
    ("run", "leak"), [pytest.param(leak.run, leak, id=str(leak.run)) for leak in LEAKS]
)
def test_a_leak_stays_named_from_the_first_verdict_on(leak: Leak, answers):
    ready = [answer for answer in answers if answer["growth"]["ready"]]
    assert len(ready) >= 3
    assert all(re.fullmatch(leak.holder, answer["suspects"][0]["holder"]) for answer in ready)


@pytest.mark.parametrize("run", [case.fixed for case in PUBLISHED], ids=str)
def test_a_fixed_version_is_quiet(last):
    assert last["suspects"] == []
    assert last["verdict"]["kind"] in NO_LEAK


@pytest.mark.parametrize("run", QUIET, ids=str)
def test_what_is_no_leak_is_quiet(last):
    assert last["suspects"] == []
    assert last["verdict"]["kind"] in NO_LEAK


@pytest.mark.parametrize("run", [NATIVE], ids=str)
def test_what_only_c_holds_is_told_as_native(last):
    assert last["suspects"] == []
    assert last["verdict"]["kind"] == "native"


@pytest.mark.parametrize("run", [NATIVE_FIXED], ids=str)
def test_its_fixed_version_has_no_suspect(last):
    assert last["suspects"] == []
    assert last["verdict"]["kind"] in NO_LEAK
