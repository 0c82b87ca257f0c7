"""paddle-python-sdk: each client adds one more handler to the same logger."""

from __future__ import annotations

from paddle_billing import Client
from serving import serving


def pay(number: int) -> None:
    Client("no-real-key")


app = serving({"/pay/{n}": pay})
