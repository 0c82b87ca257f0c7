"""functools.cache on a method keeps every instance."""

from __future__ import annotations

import functools

from serving import serving


class Cart:
    def __init__(self, number):
        self.items = [f"{number} {at}" for at in range(10)]

    @functools.cache  # noqa: B019 (that is the leak)
    def total(self):
        return len(self.items)


def cart(number):
    Cart(number).total()


app = serving({"/cart/{n}": cart})
