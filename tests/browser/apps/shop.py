"""A shop that never closes a cart; some of its names look like markup."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from leakguard import LeakGuard

MARKUP = '<img src=x onerror="document.title=1">'
TURNED = "<b>quoted</b>'\"&\u202egnp"

Hostile = type(MARKUP, (), {"__module__": "shop"})


class Line:
    def __init__(self, number: int) -> None:
        self.price = number + 0.5
        self.note = bytearray(200)


KINDS = [type(f"Kind{number}", (), {"__module__": "shop"}) for number in range(200)]


class Cart:
    """The first has so many kinds of things that they are not all drawn before somebody asks."""

    def __init__(self, number: int) -> None:
        self.lines = [Line(number * 10 + line) for line in range(3)]
        self.hostile = Hostile()
        setattr(self, TURNED, bytearray(300))
        if number == 0:
            self.things = [kind() for kind in KINDS]
            for thing in self.things:
                vars(thing)["parts"] = [bytearray(30), [bytearray(20)]]


class Shop:
    def __init__(self) -> None:
        self.carts: list[Cart] = []


shop = Shop()


async def cart(request: Request) -> JSONResponse:
    shop.carts.append(Cart(len(shop.carts)))
    return JSONResponse({"carts": len(shop.carts)})


app = Starlette(routes=[Route("/cart", cart)])
app.add_middleware(LeakGuard)
