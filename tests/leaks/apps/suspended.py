"""Generators that were started and never finished."""

from __future__ import annotations

from serving import serving

CURSORS = {}


def rows(number):
    page = [f"{number} {at}" for at in range(5)]
    for row in page:
        yield row, page


def query(number):
    cursor = rows(number)
    next(cursor)
    CURSORS[number] = cursor


app = serving({"/query/{n}": query})
