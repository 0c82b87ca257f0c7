from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import pytest

from leakguard.analysis.findings import (
    Findings,
    Link,
    ProcessFacts,
    SnapshotFacts,
    Suspect,
    TypeRow,
    Verdict,
)
from leakguard.report import Report


@dataclass(frozen=True)
class Route:
    route: str
    requests: int = 1
    errors: int = 0
    in_flight: int = 0
    mean_seconds: float = 0.002
    memory: Any = None


class MakeReport(Protocol):
    def __call__(self, *, age_seconds: float = 0.0, app: str = "", **changes: Any) -> Report: ...


CARTS = Suspect(
    rank=1,
    kind="global-cache",
    holder="shop.cart.CARTS",
    retained_bytes=97_300_000,
    share=0.657,
    object_type="shop.cart.Cart",
    object_count=41_207,
    fingerprint="6f1c0a9d",
    fix="Bound the cache (cachetools.LRUCache),\nor drop a cart when it is closed.",
    chain=(
        Link("module", "shop.cart", "", "/srv/shop/cart.py", None),
        Link("dict", "", ".CARTS", None, None),
        Link("shop.cart.Cart", "", "[str]", "/srv/shop/cart.py", 20, 41_207),
        Link("list", "", ".lines", None, None, 41_207),
    ),
)
LISTENERS = Suspect(
    rank=2,
    kind="listener",
    holder="shop.bus.emitter._events['connect']",
    retained_bytes=4_100_000,
    share=0.0277,
    object_type="function",
    object_count=5_000,
    fingerprint="0b7e55aa",
    fix="Remove the listener when the attempt fails.",
    chain=(
        Link("module", "shop.bus", "", "/srv/shop/bus.py", None),
        Link("pyee.EventEmitter", "", ".emitter", "/lib/site-packages/pyee/base.py", 30),
        Link("dict", "", "._events", None, None),
        Link("dict", "", "['connect']", None, None),
        Link("function", "shop.bus.on_connect", "[]", "/srv/shop/bus.py", 41, 5_000),
    ),
)
FINDINGS = Findings(
    process=ProcessFacts(4242, "web-1", "3.12.1", 7_440.0, 211_000_000),
    snapshot=SnapshotFacts("fork", 0.003, 0.2, 1_027_479, 474_186, 911_434, 148_000_000, 0.96),
    verdict=Verdict(
        "global-cache", "shop.cart.CARTS holds 41,207 × shop.cart.Cart: 97.3 MB.", 0.97
    ),
    suspects=(CARTS, LISTENERS),
    types=(
        TypeRow("shop.cart.Cart", 41_207, 3_296_560, 97_300_000),
        TypeRow("dict", 60_201, 22_000_000, 101_000_000),
    ),
)
ROUTES = (Route("GET /cart/{n}", 3_200, 0, 1, 0.0021), Route("GET /health", 160, 2, 0, 0.0002))


@pytest.fixture
def make_report() -> MakeReport:
    """Builds the report of a shop whose cart cache leaks, with some of its findings replaced."""

    def make(*, age_seconds: float = 0.0, app: str = "", **changes: Any) -> Report:
        routes = changes.pop("routes", ROUTES)
        return Report(replace(FINDINGS, **changes), routes, age_seconds, app)

    return make


@pytest.fixture
def carts() -> Suspect:
    return CARTS


@pytest.fixture
def listeners() -> Suspect:
    return LISTENERS


@pytest.fixture
def quiet(make_report: MakeReport) -> Report:
    """A report in which nothing stands out."""
    verdict = Verdict("none", "Nothing stands out in this heap.", 0.8)
    return make_report(verdict=verdict, suspects=())
