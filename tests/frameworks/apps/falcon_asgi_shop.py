import falcon.asgi

TEMPLATES = {
    "cart": "/cart/{n:int}",
    "missing": "/missing/{n}",
    "fail": "/fail/{n}",
    "stream": "/stream/{n}",
    "leak": "/leak/{n}",
    "item": "/api/{lang}/items/{item}",
    "mounted": "/sub/deep/{path:path}",
    "room": "/rooms/{room}",
}
HEAD, NOT_ALLOWED = "cart", "cart"
install = None


def make(shop):
    class Cart:
        async def on_get(self, req, resp, **params):
            resp.text = "hello"

        on_post = on_head = on_get

    class Missing:
        async def on_get(self, req, resp, n):
            raise falcon.HTTPNotFound

    class Fail:
        async def on_get(self, req, resp, n):
            raise ValueError("of the app")

    class Leak:
        async def on_get(self, req, resp, n):
            shop.keep()

    class Stream:
        async def on_get(self, req, resp, n):
            resp.stream = shop.chunks_async()

    class Room:
        async def on_websocket(self, req, ws, room):
            await ws.accept()
            shop.look()
            await ws.close()

    app = falcon.asgi.App()
    for name, resource in {
        "cart": Cart,
        "missing": Missing,
        "fail": Fail,
        "stream": Stream,
        "leak": Leak,
        "item": Cart,
        "mounted": Cart,
        "room": Room,
    }.items():
        app.add_route(TEMPLATES[name], resource())
    return app
