"""Blocks of changing size come and go, and leave holes behind."""

from __future__ import annotations

import random

from serving import serving

LIVE = {}
chance = random.Random(5)


def store(number):
    # as much as there was, in other sizes and in another order
    for slot in chance.sample(range(400), 40):
        LIVE[slot] = bytes(chance.randrange(200, 20_000))


for slot in range(400):
    LIVE[slot] = bytes(chance.randrange(200, 20_000))
app = serving({"/store/{n}": store})
