"""A cache that fills up with the products there are, more slowly from round to round."""

from __future__ import annotations

import random

from serving import serving

PRODUCTS = {}
chance = random.Random(7)


def product(number):
    # few are asked for often, most of them seldom
    key = min(int(chance.expovariate(1 / 25)), 120)
    if key not in PRODUCTS:
        PRODUCTS[key] = [f"{key} {at}" for at in range(20)]


app = serving({"/product/{n}": product})
