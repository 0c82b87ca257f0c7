from __future__ import annotations

import re

import jsonschema
import pytest

from leakguard.report import columns, jsonform, workers_table
from leakguard.report import workers as form
from leakguard.report.style import Style
from leakguard.report.workers import SharedSuspect, WorkerRow, Workers

LEAKS = WorkerRow(
    4242,
    answering=True,
    up_seconds=7_440.0,
    rss_bytes=211_000_000,
    rss_bytes_per_minute=2_100_000.0,
    requests=41_207,
    suspect="shop.cart.CARTS",
    fingerprint="6f1c0a9d",
    suspect_bytes_per_minute=1_900_000.0,
    snapshot_age_seconds=0.0,
)
CALM = WorkerRow(4243, up_seconds=12.0, rss_bytes=48_000_000, requests=7, snapshot_age_seconds=3.0)
NEW = WorkerRow(4244, up_seconds=2.0, rss_bytes=40_000_000, requests=0)
KILLED = WorkerRow(4240, rss_bytes=90_000_000, requests=100, ended_seconds=72.0)


def shared(**changes):
    given = {
        "fingerprint": "6f1c0a9d",
        "kind": "global-cache",
        "holder": "shop.cart.CARTS",
        "pids": (1, 2, 3, 4),
        "asked": 4,
        "alive": 4,
        "ended": 0,
        "bytes": 390_000_000,
        "worst_pid": 2,
        "low": 2_100_000.0,
        "high": 2_100_000.0,
    }
    return SharedSuspect(**{**given, **changes})


def test_the_table_reads_as_it_is_meant_to():
    workers = Workers("shop", (LEAKS, CALM, NEW, KILLED), (shared(pids=(4242,), asked=2, alive=3),))
    assert workers_table.lines(workers) == [
        "shop · 3 workers, 1 ended lately",
        "     pid          up      RSS     growing  requests  worst suspect",
        "    4242  2 h 04 min   211 MB 2.10 MB/min    41,207  shop.cart.CARTS 1.90 MB/min",
        "    4243        12 s  48.0 MB           -         7  -",
        "    4244         2 s  40.0 MB           -         0  (not looked at yet)",
        "    4240       ended  90.0 MB           -       100  (not looked at yet)",
        "4240 ended without a word (killed, or crashed), 1 min 12 s ago.",
        "in 1 of 2 workers looked at, 2.10 MB/min: shop.cart.CARTS",
    ]


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (shared(), "in 4 of 4 workers, 2.10 MB/min each"),
        (shared(low=None, high=None), "in 4 of 4 workers"),
        (shared(low=-50.0, high=-50.0), "in 4 of 4 workers"),
        (shared(pids=(1,), asked=1, alive=1), "in 1 of 1 worker, 2.10 MB/min"),
        (shared(low=1_000_000.0), "in 4 of 4 workers, 1.00 MB/min to 2.10 MB/min each"),
        (shared(low=0.0), "in 4 of 4 workers, up to 2.10 MB/min each"),
        (shared(asked=4, alive=6), "in 4 of 4 workers looked at, 2.10 MB/min each"),
        (
            shared(pids=(1, 2), undecided=(3,)),
            "in 2 of 4 workers (1 too early to tell), 2.10 MB/min each",
        ),
        (shared(paced=4), "in 4 of 4 workers, 2.10 MB/min each"),
        (shared(paced=1), "in 4 of 4 workers, 2.10 MB/min in 1"),
        (shared(ended=2), "in 4 of 4 workers and in 2 that ended, 2.10 MB/min each"),
        (shared(pids=(), ended=2), "in 2 that ended, 2.10 MB/min each"),
    ],
)
def test_where_a_suspect_is(found, told):
    assert workers_table.where(found) == told


def test_how_several_ended_is_told_in_a_line_for_all():
    rows = [
        LEAKS,
        *(WorkerRow(pid, requests=1, ended_seconds=100.0 - pid) for pid in range(10, 18)),
        WorkerRow(7, requests=1, ended_seconds=0.2, left=True),
        WorkerRow(8, requests=1, ended_seconds=9.0, left=True),
    ]
    told = workers_table.lines(Workers("shop", tuple(rows)))
    assert told[-3:] == [
        "17, 16, 15, 14 and 4 more ended without a word (killed, or crashed), the last",
        "  1 min 23 s ago.",
        "7 and 8 stopped (recycled, or shut down), the last just now.",
    ]
    assert told[-4] == "     … and 6 more that are calmer or ended"
    assert [line.split()[0] for line in told[2:-4]] == ["4242", "16", "17", "7", "8"]


def test_who_does_not_answer_says_why():
    silent = WorkerRow(4243, error="worker 4243 did not answer within 2 s")
    assert workers_table.lines(Workers("shop", (LEAKS, silent)))[-1] == (
        "worker 4243 did not answer within 2 s; its last figures are shown."
    )


def test_of_many_workers_those_are_shown_that_grow():
    rows = tuple(
        WorkerRow(100 + n, rss_bytes_per_minute=n * 1e6, requests=1, snapshot_age_seconds=1.0)
        for n in range(64)
    )
    told = workers_table.lines(Workers("shop", (*rows, LEAKS)))
    shown = [int(line.split()[0]) for line in told if line.split()[0].isdigit()]
    assert shown == [*range(156, 164), 4242]
    assert "… and 56 more" in told[-1]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_screen(width):
    long = WorkerRow(
        4_194_304,
        up_seconds=9e6,
        rss_bytes=10**12,
        rss_bytes_per_minute=1e9,
        requests=10**9,
        suspect="a" * 200 + "\x1b[31m",
        suspect_bytes_per_minute=1e9,
        error="worker 4194304 failed: " + "b" * 300,
        snapshot_age_seconds=1.0,
    )
    workers = Workers("c" * 300, (long, KILLED), (shared(holder="d" * 300),))
    for line in workers_table.lines(workers, width):
        assert columns.width(line) <= width
        assert "\x1b" not in line


def test_colours_change_no_column():
    workers = Workers("shop", (LEAKS, CALM, KILLED), (shared(),))
    plain = workers_table.lines(workers)
    coloured = workers_table.lines(workers, 80, Style(True))
    assert [re.sub("\x1b\\[[0-9;]*m", "", line) for line in coloured] == plain


def test_a_report_below_shares_the_screen_with_it():
    given = []

    def render(height):
        given.append(height)
        return "the report\n"

    assert workers_table.above(Workers("shop", (LEAKS,)), render) == "the report\n"
    told = workers_table.above(Workers("shop", (LEAKS, CALM)), render, height=50)
    assert given == [50, 50 - len(told.splitlines()[:-2]) - 1]
    assert told.endswith("-\n\nthe report\n")


def test_the_json_is_valid_against_both_schemas():
    workers = Workers("shop", (LEAKS, CALM, NEW, KILLED), (shared(), shared(low=None, high=None)))
    whole = form.to_dict_with_reports(workers, {4242: {"schema": "leakguard/1"}, 4240: {}})
    jsonschema.Draft202012Validator(form.schema()).validate(whole)
    assert [("report" in row) for row in whole["workers"]] == [True, False, False, False]
    keys = form.to_dict(workers)
    for key, value in keys.items():
        schema = {**jsonform.schema(), "required": [key], "type": "object"}
        jsonschema.Draft202012Validator(schema).validate({key: value})
        broken = {key: [{**value[0], "pid": "x", "pids": "x"}]}
        assert list(jsonschema.Draft202012Validator(schema).iter_errors(broken))
