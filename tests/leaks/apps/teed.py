"""itertools.tee, of which one side is read and the other is not."""

from __future__ import annotations

import itertools

from serving import serving


def numbers():
    number = 0
    while True:
        yield [number, str(number)]
        number += 1


read, unread = itertools.tee(numbers())


def following(number):
    for _ in range(3):
        next(read)


app = serving({"/next/{n}": following})
