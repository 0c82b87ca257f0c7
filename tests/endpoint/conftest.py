from __future__ import annotations

import asyncio
import base64
import dataclasses
import threading

import pytest

from leakguard.analyser import Examined
from leakguard.analysis.findings import (
    Findings,
    Link,
    ProcessFacts,
    SnapshotFacts,
    Suspect,
    TypeRow,
    Verdict,
)
from leakguard.endpoint import Endpoint, EndpointRequest
from leakguard.endpoint.lockout import Lockout
from leakguard.routes import RouteRow
from leakguard.settings import Settings

TOKEN = "a-token-that-nobody-may-see"


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def make_findings(suspects=3):
    return Findings(
        process=ProcessFacts(4242, "host-1", "3.12.1", 7440.0, 211 << 20),
        snapshot=SnapshotFacts("fork", 0.003, 0.2, 1000, 900, 3000, 97 << 20, 0.96),
        verdict=Verdict("global-cache", "shop.cart.CARTS holds 41,207 Cart.", 0.9),
        suspects=tuple(
            Suspect(
                rank=rank,
                kind="global-cache",
                holder=f"shop.cart.CARTS{rank}",
                retained_bytes=97 << 20,
                share=0.4,
                object_type="shop.cart.Cart",
                object_count=41_207,
                fingerprint=f"f{rank}",
                fix="Bound the cache.\nOr drop a cart when it is closed.",
                chain=(Link("module", "shop.cart", "", "shop/cart.py", None),),
            )
            for rank in range(1, suspects + 1)
        ),
        types=(TypeRow("shop.cart.Cart", 41_207, 1 << 20, 97 << 20),),
    )


class Examine:
    """Stands in for the pipeline: counts its calls, and waits or fails when told to."""

    def __init__(self):
        self.calls = []
        self.go = threading.Event()
        self.go.set()
        self.started = threading.Event()
        self.error = None
        self.summary = None
        self.growth = None
        self.threads = []
        self.running, self.at_once = 0, []

    def __call__(self, evidence, **options):
        self.calls.append({"evidence": evidence, **options})
        self.threads.append(threading.current_thread())
        self.running += 1
        self.at_once.append(self.running)
        self.started.set()
        assert self.go.wait(20)
        self.running -= 1
        if self.error is not None:
            raise self.error
        findings = dataclasses.replace(make_findings(options["top"]), growth=self.growth)
        return Examined(findings, self.summary)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def examine():
    return Examine()


@pytest.fixture
def make_endpoint(examine, clock):
    def make(**options):
        options.setdefault("token", TOKEN)
        return Endpoint(
            Settings.build(**options),
            lambda: [RouteRow("GET /cart/{n}", 3200, 1, 2, 0.01)],
            examine,
            lockout=Lockout(clock),
        )

    return make


def asked(query="", method="GET", path="", token=TOKEN, headers=(), client="192.0.2.7", basic=None):
    sent = [("host", "localhost:8000"), *headers]
    if basic is not None:
        sent.append(("authorization", "Basic " + base64.b64encode(basic.encode()).decode()))
    elif token is not None:
        sent.append(("authorization", f"Bearer {token}"))
    return EndpointRequest(method, path, query, tuple(sent), client)


@pytest.fixture
def token():
    return TOKEN


@pytest.fixture
def a_request():
    """a_request(query, method=..., ...) -> an EndpointRequest that has the right token."""
    return asked


@pytest.fixture
def ask():
    """ask(endpoint, query, ...) -> the response; text() of it is its body."""

    def run(endpoint, *arguments, **keywords):
        return asyncio.run(endpoint.answer(asked(*arguments, **keywords)))

    return run
