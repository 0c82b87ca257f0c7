"""Exceptions that are logged, counted by name and forgotten."""

from __future__ import annotations

import logging
from collections import Counter

from serving import serving

log = logging.getLogger("shop")
log.propagate = False
log.addHandler(logging.NullHandler())
COUNTS = Counter()


def refuse(number):
    basket = [f"{number} {at}" for at in range(10)]
    raise LookupError(len(basket))


def checkout(number):
    try:
        refuse(number)
    except LookupError as error:
        log.exception("checkout failed")
        COUNTS[type(error).__name__] += 1


app = serving({"/checkout/{n}": checkout})
