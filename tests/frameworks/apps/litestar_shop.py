from typing import Any

from litestar import (
    Controller,
    HttpMethod,
    Litestar,
    Router,
    WebSocket,
    asgi,
    get,
    route,
    websocket,
)
from litestar.exceptions import NotFoundException
from litestar.response import Stream

from leakguard.asgi import LeakGuard

TEMPLATES = {
    "cart": "/cart/{n}",
    "missing": "/missing/{n}",
    "fail": "/fail/{n}",
    "stream": "/stream/{n}",
    "leak": "/leak/{n}",
    "item": "/api/{lang}/items/{item}",
    "mounted": "/sub/deep/{path}",
    "room": "/rooms/{room}",
}
HEAD, NOT_ALLOWED = None, None


def make(shop):
    @route("/cart/{n:int}", http_method=[HttpMethod.GET, HttpMethod.POST])
    async def cart() -> str:
        return "hello"

    @get("/missing/{n:int}")
    async def missing() -> str:
        raise NotFoundException

    @get("/fail/{n:int}")
    async def fail() -> str:
        raise ValueError("of the app")

    @get("/leak/{n:int}")
    async def leak() -> None:
        shop.keep()

    @get("/stream/{n:int}")
    async def stream() -> Stream:
        return Stream(shop.chunks_async())

    @websocket("/rooms/{room:str}")
    async def room(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        shop.look()
        await socket.close()

    class Items(Controller):
        path = "/items"

        @get("/{item:int}")
        async def item(self) -> str:
            return "hello"

    @get("/deep/{path:path}")
    async def below() -> str:
        return "hello"

    sub = asgi("/sub", is_mount=True, copy_scope=False)(Litestar([below], logging_config=None))
    api = Router("/api/{lang:str}", route_handlers=[Items])
    handlers = [cart, missing, fail, leak, stream, room, api, sub]
    return Litestar(handlers, logging_config=None, openapi_config=None)


def install(app, **options):
    app.asgi_handler = LeakGuard(app.asgi_handler, **options)
    return app
