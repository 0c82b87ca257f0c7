from fastapi import APIRouter, FastAPI, HTTPException, WebSocket
from fastapi.responses import StreamingResponse

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
HEAD, NOT_ALLOWED = "cart", "cart"


def make(shop):
    app, sub, deep = FastAPI(), FastAPI(), FastAPI()
    api, items = APIRouter(prefix="/api"), APIRouter(prefix="/items")

    @app.get("/cart/{n}")
    @app.post("/cart/{n}")
    async def cart(n: int):
        return "hello"

    @app.get("/missing/{n}")
    def missing(n: int):
        raise HTTPException(404)

    @app.get("/fail/{n}")
    def fail(n: int):
        raise ValueError("of the app")

    @app.get("/leak/{n}")
    def leak(n: int):
        shop.keep()

    @app.get("/stream/{n}")
    def stream(n: int):
        return StreamingResponse(shop.chunks_async())

    @app.websocket("/rooms/{room}")
    async def room(websocket: WebSocket, room: str):
        await websocket.accept()
        shop.look()
        await websocket.close()

    @items.get("/{item}")
    def item(lang: str, item: int):
        return "hello"

    @deep.get("/{path:path}")
    def below(path: str):
        return "hello"

    api.include_router(items, prefix="/{lang}")
    app.include_router(api)
    sub.mount("/deep", deep)
    app.mount("/sub", sub)
    return app


def install(app, **options):
    app.add_middleware(LeakGuard, **options)
    return app
