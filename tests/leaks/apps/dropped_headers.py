"""multidict: values that are popped are never freed, and nothing in Python refers to them."""

from __future__ import annotations

from multidict import CIMultiDict
from serving import serving


def proxy(number: int) -> None:
    headers = CIMultiDict({f"X-{number}-{at}": "value" * (at + number) for at in range(10)})
    for name in list(headers):
        headers.pop(name)


app = serving({"/proxy/{n}": proxy})
