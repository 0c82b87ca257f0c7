"""A context variable's default is one list, and each request adds to it."""

from __future__ import annotations

import contextvars

from serving import serving

trail = contextvars.ContextVar("trail", default=[])  # noqa: B039 (that is the leak)


def step(number):
    trail.get().append([f"{number} {at}" for at in range(5)])


app = serving({"/step/{n}": step})
