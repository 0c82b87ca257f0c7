"""Suspects, growth and moving terms made by hand, for verdicts on them."""

from __future__ import annotations

from dataclasses import replace

from leakguard.analysis.evidence import Evidence, TermMove
from leakguard.analysis.findings import Link, SnapshotFacts, Suspect
from leakguard.analysis.growth import Growth
from leakguard.analysis.route_findings import AllocationLine, RouteMemory, RouteShare
from leakguard.analysis.verdict import verdict

MB = 1 << 20
SNAPSHOT = SnapshotFacts("fork", 0.003, 0.2, 1_000_000, 400_000, 900_000, 100 * MB, 0.96)
LINE = AllocationLine("/srv/shop/cart.py", 41, "add", 0.97, 2_700_000)
CARTS = Suspect(
    rank=1,
    kind="global-cache",
    holder="shop.cart.CARTS",
    retained_bytes=97_300_000,
    share=0.657,
    object_type="shop.cart.Cart",
    object_count=41_207,
    fingerprint="6f1c0a9d",
    fix="Bound the cache.",
    chain=(Link("module", "shop.cart", "", "/srv/shop/cart.py", None),),
)
GROWN = replace(
    CARTS, growth_bytes=2_800_000, growth_objects=3_200, moves="growing", confidence=0.97,
    bytes_per_request=300.0,
)  # fmt: skip
ROUTED = replace(GROWN, routes=(RouteShare("GET /cart/{n}", 1.0, 3_200, 910.0),), lines=(LINE,))
NATIVE = replace(
    ROUTED, kind="native", holder="held from C", object_type="shop._ext.Node", object_count=3_200
)
ROUTES = (RouteMemory("GET /cart/{n}", 3_200, 2_800_000, 2_800_000, 0, 910.0),)
CALM = tuple(
    TermMove(name, size * MB, 0.0, 20.0, 0.0, 0.0, 0.0, 0.0, False)
    for name, size in (
        ("python_objects", 60), ("python_slack", 5), ("c_heap_in_use", 20), ("c_heap_free", 5),
        ("mappings", 15), ("rest", 5), ("rss", 110),
    )
)  # fmt: skip


def growth(ready=True, paths=(), grown=2_800_000, garbage=False, intervals=4):
    return Growth(ready, intervals, paths, grown, 150.0, 3_500, garbage, 0, intervals + 1)


def terms(**paces):
    """Moves over 20 minutes; each named term grows by so many megabytes a minute."""
    grown = tuple(
        replace(
            move, change_bytes=20.0 * paces[move.name] * MB, confidence=0.98,
            bytes_per_minute=paces[move.name] * MB, low=paces[move.name] * 0.9 * MB, growing=True,
        )
        if move.name in paces
        else move
        for move in CALM
    )  # fmt: skip
    return Evidence(terms=grown, requests=3_500)


def judge(*suspects, snapshot=SNAPSHOT, linked=False, confidence=0.9, **known):
    return verdict(suspects, snapshot, linked=linked, confidence=confidence, **known)
