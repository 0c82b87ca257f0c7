from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Host, Mount, Route, Router, WebSocketRoute

from leakguard.asgi import LeakGuard

TEMPLATES = {
    "cart": "/cart/{n}",
    "missing": "/missing/{n}",
    "fail": "/fail/{n}",
    "stream": "/stream/{n}",
    "leak": "/leak/{n}",
    "item": "/api/{lang}/items/{item}",
    "mounted": "/sub/deep/{path_}",
    "room": "/rooms/{room}",
}
HEAD, NOT_ALLOWED = "cart", "cart"


def make(shop):
    async def cart(request):
        return PlainTextResponse("hello")

    async def missing(request):
        return PlainTextResponse("none", status_code=404)

    async def fail(request):
        raise ValueError("of the app")

    async def leak(request):
        shop.keep()
        return PlainTextResponse("kept")

    async def stream(request):
        return StreamingResponse(shop.chunks_async())

    async def room(websocket):
        await websocket.accept()
        shop.look()
        await websocket.close()

    items = Mount("/items", routes=[Route("/{item:int}", cart)])
    deep = Starlette(routes=[Route("/{path_:path}", cart)])
    sub = Router(routes=[Mount("/deep", app=deep)])
    shop_routes = [
        Route("/cart/{n:int}", cart, methods=["GET", "POST"]),
        Route("/missing/{n}", missing),
        Route("/fail/{n}", fail),
        Route("/stream/{n}", stream),
        Route("/leak/{n}", leak),
        WebSocketRoute("/rooms/{room}", room),
        Mount("/api/{lang}", routes=[items]),
        Mount("/sub", app=sub),
    ]
    return Starlette(routes=[Host("shop.test", app=Router(routes=shop_routes))])


def install(app, **options):
    app.add_middleware(LeakGuard, **options)
    return app
