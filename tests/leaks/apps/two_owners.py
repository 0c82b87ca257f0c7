"""An archive and an index hold the same objects."""

from __future__ import annotations

from serving import serving

ARCHIVE = []
INDEX = {}


class Ticket:
    def __init__(self, number):
        self.lines = [f"{number} {at}" for at in range(5)]


def ticket(number):
    made = Ticket(number)
    ARCHIVE.append(made)
    INDEX[number] = made


app = serving({"/ticket/{n}": ticket})
