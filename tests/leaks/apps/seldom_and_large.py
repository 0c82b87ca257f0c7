"""A megabyte every fifty requests."""

from __future__ import annotations

from serving import serving

UPLOADS = {}


def upload(number):
    if number % 10 == 0:
        UPLOADS[number] = bytearray(1_000_000)


app = serving({"/upload/{n}": upload})
