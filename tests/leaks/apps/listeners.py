"""Each request registers a callback and none is taken away."""

from __future__ import annotations

from serving import serving


class Bus:
    def __init__(self):
        self.listeners = {"connect": [], "close": []}


bus = Bus()


def connect(number):
    state = [f"{number} {at}" for at in range(5)]
    bus.listeners["close"].append(lambda: state.clear())


app = serving({"/connect/{n}": connect})
