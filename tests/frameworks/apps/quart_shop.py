from quart import Blueprint, Quart, Response, abort, websocket

from leakguard.asgi import LeakGuard

TEMPLATES = {
    "cart": "/cart/<int:n>",
    "missing": "/missing/<n>",
    "fail": "/fail/<n>",
    "stream": "/stream/<n>",
    "leak": "/leak/<n>",
    "item": "/api/<lang>/items/<int:item>",
    "mounted": "/sub/deep/<path:path>",
    "room": "/rooms/<room>",
}
HEAD, NOT_ALLOWED = "cart", None


def make(shop):
    app = Quart("shop")
    api, items, sub = Blueprint("api", "api"), Blueprint("items", "items"), Blueprint("sub", "sub")

    @app.route("/cart/<int:n>", methods=["GET", "POST"])
    async def cart(n):
        return "hello"

    @app.get("/missing/<n>")
    async def missing(n):
        abort(404)

    @app.get("/fail/<n>")
    async def fail(n):
        raise ValueError("of the app")

    @app.get("/leak/<n>")
    async def leak(n):
        shop.keep()
        return "kept"

    @app.get("/stream/<n>")
    async def stream(n):
        return Response(shop.chunks_async())

    @app.websocket("/rooms/<room>")
    async def room(room):
        await websocket.accept()
        shop.look()

    @items.get("/<int:item>")
    async def item(lang, item):
        return "hello"

    @sub.get("/deep/<path:path>")
    async def below(path):
        return "hello"

    api.register_blueprint(items, url_prefix="/items")
    app.register_blueprint(api, url_prefix="/api/<lang>")
    app.register_blueprint(sub, url_prefix="/sub")
    return app


def install(app, **options):
    app.asgi_app = LeakGuard(app.asgi_app, **options)
    return app
