"""A large table of constants, loaded once."""

from __future__ import annotations

from serving import serving

CITIES = {f"city {number}": (number, [number * 1.5, number * 2.5]) for number in range(40_000)}


def city(number):
    return CITIES.get(f"city {number}")


app = serving({"/city/{n}": city})
