"""A cache with a bound and an age that no day's traffic reaches."""

from __future__ import annotations

import cachetools
from serving import serving

PAGES = cachetools.TTLCache(maxsize=10**9, ttl=10**7)


def page(number):
    PAGES[number] = [f"{number} {at}" for at in range(10)]


app = serving({"/page/{n}": page})
