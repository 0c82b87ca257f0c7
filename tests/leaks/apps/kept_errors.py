"""Exceptions in a list, each with the frames that it came through."""

from __future__ import annotations

from serving import serving

ERRORS = []


def charge(number):
    card = [f"{number} {at}" for at in range(10)]
    raise ValueError(len(card))


def pay(number):
    try:
        charge(number)
    except ValueError as error:
        ERRORS.append(error)


app = serving({"/pay/{n}": pay})
