"""A class for each request, each of another name, in the registry of their metaclass."""

from __future__ import annotations

from typing import ClassVar

from serving import serving


class Registered(type):
    registry: ClassVar = {}

    def __new__(mcs, name, bases, namespace):
        made = super().__new__(mcs, name, bases, namespace)
        mcs.registry[name] = made
        return made


def build(number):
    Registered(f"Form{number}", (), {"field": number})


app = serving({"/form/{n}": build})
