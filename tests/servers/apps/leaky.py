"""One leak behind both protocols: GET /leak/{n} keeps an order, GET /quiet/{n} keeps nothing."""

from __future__ import annotations

from leakguard import LeakGuard
from leakguard.wsgi import LeakGuard as WsgiLeakGuard


class Order:
    def __init__(self, number):
        self.number = number
        self.payload = bytearray(200_000)


orders = []


def serve(path):
    number = int(path.rpartition("/")[2])
    if path.startswith("/leak/"):
        orders.append(Order(number))
    return b"served"


async def asgi_app(scope, receive, send):
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    body = serve(scope["path"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def live(receive, send):
    for step in ("startup", "shutdown"):
        assert (await receive())["type"] == f"lifespan.{step}"
        await send({"type": f"lifespan.{step}.complete"})


def wsgi_app(environ, start_response):
    body = serve(environ["PATH_INFO"])
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


# One snapshot of each worker; the figures of the routes are those of the moment all the same.
asgi = LeakGuard(asgi_app, cooldown=60)
wsgi = WsgiLeakGuard(wsgi_app, cooldown=60)
