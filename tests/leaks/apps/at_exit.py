"""atexit.register for each request."""

from __future__ import annotations

import atexit

from serving import serving


class Session:
    def __init__(self, number):
        self.headers = [f"{number} {at}" for at in range(5)]

    def close(self):
        self.headers.clear()


def session(number):
    atexit.register(Session(number).close)


app = serving({"/session/{n}": session})
