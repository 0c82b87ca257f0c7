"""As many sessions end as begin."""

from __future__ import annotations

from serving import serving

SESSIONS = {}


class Session:
    def __init__(self, number):
        self.pages = [f"{number} {at}" for at in range(6)]


def login(number):
    SESSIONS[f"session {number}"] = Session(number)
    SESSIONS.pop(f"session {number - 100}", None)


app = serving({"/login/{n}": login})
