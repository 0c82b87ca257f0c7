"""A pool of threads for each request that nobody shuts down."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from serving import serving

POOLS = []


def convert(number):
    pool = ThreadPoolExecutor(1)
    pool.submit(abs, number).result()
    POOLS.append(pool)


app = serving({"/convert/{n}": convert})
