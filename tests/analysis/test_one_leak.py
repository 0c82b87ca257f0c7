"""What one leak leaves in several places is one suspect."""

from __future__ import annotations

import pytest

from leakguard.analysis.findings import Suspect
from leakguard.analysis.growth import GrownPath, Growth
from leakguard.analysis.one_leak import told_once
from leakguard.analysis.route_findings import AllocationLine, RouteMemory, RouteShare
from leakguard.analysis.suspects import Judgement

BUY, SEE = "GET /buy/{n}", "GET /see/{n}"
EVEN, LATE = (100, 200, 300, 400, 500), (100, 110, 120, 300, 500)


def path(holder, objects):
    return GrownPath(
        holder=holder,
        verdict="growing",
        confidence=0.9,
        object_type="shop.Cart",
        object_count=objects[-1],
        growth_objects=objects[-1] - objects[0],
        growth_bytes=100 * (objects[-1] - objects[0]),
        objects=objects,
        bytes=tuple(100 * count for count in objects),
        seconds=60.0,
        requests=1000,
        held_from_c=False,
        holds_weakly=False,
        linked=False,
        chain=(),
        holder_key=0,
        member_key=0,
    )


def suspect(rank, holder, line, *, route=BUY, kind="listener", type_="shop.Cart", also=()):
    return Judgement(
        Suspect(
            rank=rank,
            kind=kind,
            holder=holder,
            retained_bytes=50_000,
            share=0.1,
            object_type=type_,
            object_count=500,
            fingerprint="",
            fix="",
            chain=(),
            growth_objects=400,
            growth_bytes=40_000,
            confidence=0.9,
            bytes_per_request=40.0,
            also_held_by=also,
            routes=(RouteShare(route, 1.0, 1000, 40.0),),
            lines=(AllocationLine("/srv/shop.py", line, "buy", 1.0, 40_000),),
        ),
        0.9,
        linked=False,
    )


def told(first, second, *, objects=(EVEN, EVEN), ready=True):
    paths = tuple(
        path(one.suspect.holder, counts)
        for one, counts in zip((first, second), objects, strict=True)
    )
    growth = Growth(ready, 4, paths, 80_000, 60.0, 1000, garbage_grows=False)
    row = RouteMemory(BUY, 1000, 80_000, 80_000, 0, 80.0, suspects=(1, 2))
    judged, (row,) = told_once((first, second), (row,), growth)
    return [one.suspect for one in judged], row.suspects


def test_two_tables_that_one_line_fills_are_one_suspect():
    (one,), ranks = told(suspect(1, "shop.bus.receivers", 8), suspect(2, "shop.bus._by_id", 8))
    assert (one.rank, one.holder, one.also_held_by) == (
        1,
        "shop.bus.receivers",
        ("shop.bus._by_id",),
    )
    assert (one.growth_bytes, one.growth_objects) == (80_000, 800)
    assert (one.bytes_per_request, one.routes[0].bytes_per_request) == (80.0, 80.0)
    assert ranks == (1,)


def test_what_refers_to_the_same_objects_is_one_leak():
    first = suspect(1, "shop.TASKS", 8, also=("shop.EVENT._waiters[]",))
    (one,), _ = told(first, suspect(2, "shop.EVENT._waiters", 3, type_="_asyncio.Future"))
    assert one.also_held_by == ("shop.EVENT._waiters[]",)
    assert one.object_count == 500


def test_who_holds_in_python_is_told_rather_than_c():
    native = suspect(1, "C code (abc.SignalDict)", 8, kind="native", type_="abc.SignalDict")
    (one,), ranks = told(native, suspect(2, "shop.KEPT", 8))
    assert (one.rank, one.holder, ranks) == (1, "shop.KEPT", (1,))


@pytest.mark.parametrize(
    ("second", "more"),
    [
        (suspect(2, "shop.B", 9), {}),
        (suspect(2, "shop.B", 8, route=SEE), {}),
        (suspect(2, "shop.B", 8), {"objects": (EVEN, LATE)}),
        (suspect(2, "shop.B", 8), {"ready": False}),
    ],
    ids=["another line", "another route", "another pace", "not enough history"],
)
def test_what_may_be_another_leak_stays_one(second, more):
    found, ranks = told(suspect(1, "shop.A", 8), second, **more)
    assert [one.holder for one in found] == ["shop.A", "shop.B"]
    assert ranks == (1, 2)


def test_who_keeps_objects_is_told_before_who_waits_for_their_end():
    waiting = suspect(1, "weakref.finalize._registry", 8, type_="weakref.finalize._Info")
    (one,), _ = told(waiting, suspect(2, "shop.KEPT", 8))
    assert (one.holder, one.rank) == ("shop.KEPT", 1)
