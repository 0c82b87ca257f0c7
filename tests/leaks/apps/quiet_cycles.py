"""Reference cycles, with the collector off: the next collection frees them."""

from __future__ import annotations

import gc

from serving import serving

gc.disable()


class Node:
    def __init__(self, number):
        self.itself = self
        self.text = [f"{number} {at}" for at in range(5)]


def parse(number):
    Node(number)


app = serving({"/parse/{n}": parse})
