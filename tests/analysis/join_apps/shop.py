"""Thirteen routes at 64 requests a time on an event loop, of which some leak; run as a script.

    python shop.py CASE

Prints as JSON what the analysis says after the last of five snapshots, and the truth.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import sys
from collections import Counter

from leakguard import LeakGuard, pipeline
from leakguard.analysis import analyse_with
from leakguard.analysis.evidence import Evidence

NAMES = "cart order login search home help news about terms stock price photo video"
ROUTES = NAMES.split()
REQUESTS, SNAPSHOTS, AT_ONCE, INTERVAL = 2600, 5, 64, 2048
# where one part in eleven is to be told to a fifth, nearly every block is sampled
FINER = {"two_into_one_list": 1024}

HELD: list[object] = []
MORE: list[object] = []
FEW = itertools.count(1)
CACHE: dict[int, object] = {}
chain: object = None


def churn(numbers):
    """What a request does with data; nothing of it stays, but its blocks are handed on."""
    rows = [{"id": i, "score": i * 1.5, "tags": ["a", str(i)]} for i in range(numbers.randrange(9))]
    return len(json.loads(json.dumps(rows)))


def floats(number):
    for part in range(40):
        HELD.append(number + part * 0.5)


def lists(number):
    for part in range(8):
        HELD.append([part, None])


def dicts(number):
    for part in range(5):
        HELD.append({"part": part})


def tuples(number):
    global chain
    for part in range(12):
        chain = (chain, part)


def strings(number):
    HELD.append(f"{number} " + "x" * 3000)


def few_strings(number):
    """A tenth of what `strings` leaves, into the same list."""
    # Not by `number`: others may have come since this request did.
    if next(FEW) % 10 == 0:
        HELD.append(f"{number} " + "y" * 3000)


def others(number):
    MORE.append(bytearray(1500))


def warming(number):
    """A cache that is full after some hundred requests."""
    CACHE.setdefault(number % 300, "c" * 2000 + str(number))


CASES = {
    "floats": {"cart": floats},
    "lists": {"cart": lists},
    "dicts": {"cart": dicts},
    "tuples": {"cart": tuples},
    "two_into_one_list": {"cart": strings, "login": few_strings},
    "two_beside_a_cache": {"cart": strings, "login": others, "photo": warming},
}


class Shop:
    """The app, and how often each of its routes was asked."""

    def __init__(self, leaks):
        self.leaks = leaks
        self.numbers = random.Random(7)
        self.requests = Counter()

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return
        route = scope["path"].strip("/")
        churn(self.numbers)
        await asyncio.sleep(0)
        churn(self.numbers)
        if route in self.leaks:
            self.leaks[route](self.requests[route])
        await asyncio.sleep(self.numbers.random() * 0.001)
        churn(self.numbers)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def serve(app, shop, count):
    room = asyncio.Semaphore(AT_ONCE)

    async def send(message):
        pass

    async def one():
        async with room:
            route = shop.numbers.choice(ROUTES)
            shop.requests[route] += 1
            await app({"type": "http", "method": "GET", "path": f"/{route}"}, None, send)

    await asyncio.gather(*(one() for _ in range(count)))


def main(case):
    from leakguard.routes import _sampler

    shop = Shop(CASES[case])
    app = LeakGuard(shop, token="a-token-that-nobody-may-see", sampling=FINER.get(case, INTERVAL))
    _sampler.seed(5)
    summaries, routes_at, findings = [], [], None
    with asyncio.Runner() as runner:
        for _ in range(SNAPSHOTS):
            runner.run(serve(app, shop, REQUESTS))
            routes = {f"GET /{route}": count for route, count in shop.requests.items()}
            evidence = Evidence(
                summaries=tuple(summaries),
                requests=shop.requests.total(),
                routes=routes,
                routes_before=routes_at[0] if routes_at else {},
                routes_at=tuple(routes_at),
            )
            with pipeline.snapshot() as image:
                analysis = analyse_with(image, evidence)
            findings = analysis.findings
            summaries.append(analysis.summary.to_bytes())
            routes_at.append(routes)
    print(json.dumps({"findings": findings.to_dict(), "requests": shop.requests}), flush=True)
    # a long chain of tuples takes its time to be freed
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
