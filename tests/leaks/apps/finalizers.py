"""weakref.finalize for each request, on an object that stays."""

from __future__ import annotations

import weakref

from serving import serving


class Pool:
    pass


pool = Pool()


def closed(body):
    body.clear()


def borrow(number):
    weakref.finalize(pool, closed, [f"{number} {at}" for at in range(5)])


app = serving({"/borrow/{n}": borrow})
