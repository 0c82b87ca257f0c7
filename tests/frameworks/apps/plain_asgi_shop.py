TEMPLATES = {
    "cart": "/cart/{n}",
    "fail": "/fail/{n}",
    "stream": "/stream/{n}",
    "leak": "/leak/{n}",
    "item": "/api/v1/items/{n}",
    "mounted": "/sub/deep/a/b",
    "room": "/rooms/red",
}
HEAD, NOT_ALLOWED = "cart", None
install = None


def make(shop):
    async def app(scope, receive, send):
        async def answer(status, *chunks):
            await send({"type": "http.response.start", "status": status, "headers": []})
            for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                shop.look()
            await send({"type": "http.response.body"})

        first = scope["path"].split("/")[1]
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            shop.look()
        elif scope.get("method") == "DELETE":
            await answer(405)
        elif first == "fail":
            raise ValueError("of the app")
        elif first == "leak":
            shop.keep()
            await answer(200)
        elif first == "stream":
            await answer(200, *shop.chunks())
        else:
            await answer(200 if first in ("cart", "api", "sub") else 404)

    return app
