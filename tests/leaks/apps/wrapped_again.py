"""A hook wraps the one before: a chain of closures."""

from __future__ import annotations

from serving import serving


def first(value):
    return value


hook = first


def install(number):
    global hook
    before = hook
    settings = [f"{number} {at}" for at in range(5)]

    def after(value):
        return before((value, settings))

    hook = after


app = serving({"/install/{n}": install})
