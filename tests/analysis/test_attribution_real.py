"""The join on real heaps: thirteen routes at 64 requests a time, the real sampler and capture.

Free lists hand the blocks of innocent requests on to the leaking ones in all of these apps.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SHOP = Path(__file__).with_name("join_apps") / "shop.py"
CART, LOGIN = "GET /cart", "GET /login"


def run(case):
    done = subprocess.run(
        [sys.executable, "-P", str(SHOP), case],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return told["findings"], told["requests"]


def guilty(findings):
    return [[share["route"] for share in suspect["routes"]] for suspect in findings["suspects"]]


def check_clean(findings, *leaking):
    for row in findings["routes"]:
        if row["route"] not in (*leaking, "(no request)"):
            assert (row["strong_bytes"], row["suspects"]) == (0, []), row


@pytest.mark.parametrize("case", ["floats", "lists", "dicts", "tuples"])
def test_a_leak_of_nothing_but_recycled_blocks(case):
    findings, requests = run(case)
    assert guilty(findings) == [[CART]]
    (suspect,) = findings["suspects"]
    assert suspect["lines"][0]["function"] == f"__main__.{case}"
    # all that it retains is the route's
    truth = suspect["retained_bytes"] / requests["cart"]
    assert suspect["routes"][0]["bytes_per_request"] == pytest.approx(truth, rel=0.1)
    check_clean(findings, CART)


def test_two_routes_into_one_list():
    findings, requests = run("two_into_one_list")
    assert guilty(findings) == [[CART, LOGIN]]
    (suspect,) = findings["suspects"]
    tenth = requests["login"] / 10
    assert suspect["routes"][1]["share"] == pytest.approx(
        tenth / (tenth + requests["cart"]), rel=0.2
    )
    assert [line["function"] for line in suspect["lines"]] == [
        "__main__.strings",
        "__main__.few_strings",
    ]
    check_clean(findings, CART, LOGIN)


def test_two_leaks_beside_a_warming_cache():
    findings, _ = run("two_beside_a_cache")
    assert guilty(findings) == [[CART], [LOGIN]]
    first, second = findings["suspects"]
    assert [suspect["lines"][0]["function"] for suspect in (first, second)] == [
        "__main__.strings",
        "__main__.others",
    ]
    assert first["routes"][0]["bytes_per_request"] == pytest.approx(3060, rel=0.1)
    assert second["routes"][0]["bytes_per_request"] == pytest.approx(1590, rel=0.1)
    # the cache was filled for its route, and is nobody's leak
    check_clean(findings, CART, LOGIN, "GET /photo")
    (photo,) = [row for row in findings["routes"] if row["route"] == "GET /photo"]
    assert (photo["suspects"], photo["bytes_per_request"]) == ([], 0)
