"""Real heaps: small apps with traffic between snapshots, leaks named first and all else quiet."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).with_name("growth_apps")

LEAKS = {
    "global_list": ("global-cache", "__main__.ORDERS"),
    "dict_by_data_key": ("global-cache", "__main__.BY_USER"),
    "listeners_on_an_instance": ("listener", "__main__.BUS.listeners['connect']"),
    "closure_chain": ("closure", "__main__.the_thing"),
    "linked_list": ("other", "__main__.head"),
    "lru_cache_without_bound": ("lru-cache", "__main__.load"),
    "weak_side_table": ("global-cache", "__main__.ORDERS"),
    "context_variable": ("context-variable", "context variable 'history'"),
    "two_owners": ("global-cache", "__main__.ARCHIVE"),
    "one_route_of_a_mix": ("global-cache", "__main__.PER_ROUTE[str]"),
    "floats_only": ("global-cache", "__main__.HITS"),
    "numbers_by_number": ("global-cache", "__main__.SEEN"),
    "one_growing_buffer": ("global-cache", "__main__.LOG"),
    "stuck_tasks": ("task", "asyncio.unix_events._UnixSelectorEventLoop._scheduled"),
    "cycle_of_weak_keys": ("global-cache", "__main__.TABLES['table'].data"),
    "beside_a_warming_cache": ("global-cache", "__main__.ORDERS"),
    "two_leaks_of_different_size": ("listener", "__main__.BUS.listeners['close']"),
}
ALONE = frozenset(LEAKS) - {"two_owners", "two_leaks_of_different_size"}
QUIET = [
    "quiet_warming_dict",
    "quiet_deque",
    "quiet_cachetools",
    "quiet_lru_cache",
    "quiet_batches",
    "quiet_cycles",
    "quiet_import",
    "quiet_pool",
    "quiet_constants",
    "quiet_nothing",
]


def run(name, requests=90):
    script = CASES / ("quiet.py" if name in QUIET else "leaks.py")
    done = subprocess.run(
        [sys.executable, str(script), name, "6", str(requests)],  # without -P: it has a helper
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", LEAKS)
def test_the_holder_is_named_first(name):
    told = run(name)
    assert told["ready"]
    first = told["rounds"][-1][0]
    assert (first["kind"], first["holder"]) == LEAKS[name]
    assert first["growth_bytes"] > 0
    assert len(told["rounds"][-1]) == 1 or name not in ALONE


def test_both_owners_of_the_same_objects_are_told():
    assert run("two_owners")["rounds"][-1][0]["also"] == ["__main__.INDEX"]


def test_two_leaks_are_told_in_their_order():
    holders = [suspect["holder"] for suspect in run("two_leaks_of_different_size")["rounds"][-1]]
    assert holders == ["__main__.BUS.listeners['close']", "__main__.ORDERS"]


def test_few_large_objects():
    told = run("large_and_seldom", requests=300)
    (suspect,) = told["rounds"][-1]
    assert suspect["holder"] == "__main__.BLOBS"
    assert told["paths"][0]["a_request"] == pytest.approx(10_000, rel=0.02)


@pytest.mark.parametrize("name", QUIET)
def test_what_is_no_leak_stays_quiet(name):
    told = run(name)
    assert told["ready"]
    assert told["rounds"][-1] == []


def test_values_stay_where_they_are():
    told = json.dumps(run("dict_by_data_key"))
    assert "example.com" not in told
    assert "user-" not in told
