"""Two routes fill one list, ten entries of the one for each of the other."""

from __future__ import annotations

from serving import serving

EVENTS = []


class Event:
    def __init__(self, number, what):
        self.what = what
        self.number = number
        self.tags = [f"{what} {number} {at}" for at in range(4)]


def click(number):
    EVENTS.append(Event(number, "click"))


def buy(number):
    EVENTS.append(Event(number, "buy"))


app = serving({"/click/{n}": click, "/buy/{n}": buy})
TRAFFIC = {"/click/{n}": 10}
