"""A text to which each request appends: one string, a larger one each time."""

from __future__ import annotations

from serving import serving

LOG = ""


def write(number):
    global LOG
    LOG += f"{number:>1000}\n"


app = serving({"/write/{n}": write})
