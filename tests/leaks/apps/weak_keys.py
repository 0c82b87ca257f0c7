"""A WeakKeyDictionary whose values refer to their own keys."""

from __future__ import annotations

import weakref

from serving import serving

STATES = weakref.WeakKeyDictionary()


class Request:
    def __init__(self, number):
        self.headers = [f"{number} {at}" for at in range(5)]


class State:
    def __init__(self, request):
        self.request = request


def handle(number):
    request = Request(number)
    STATES[request] = State(request)


app = serving({"/handle/{n}": handle})
