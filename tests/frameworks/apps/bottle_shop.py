from bottle import Bottle, abort

TEMPLATES = {
    "cart": "/cart/<n:int>",
    "missing": "/missing/<n>",
    "fail": "/fail/<n>",
    "stream": "/stream/<n>",
    "leak": "/leak/<n>",
    "item": "/api/v1/items/<item:int>",
    "mounted": "/sub/deep/<path:path>",
}
HEAD, NOT_ALLOWED = "cart", None
install = None


def make(shop):
    app, api, items, sub = Bottle(), Bottle(), Bottle(), Bottle()

    @app.route("/cart/<n:int>", method=["GET", "POST"])
    @items.get("/items/<item:int>")
    @sub.get("/deep/<path:path>")
    def cart(**variables):
        return "hello"

    @app.get("/missing/<n>")
    def missing(n):
        abort(404)

    @app.get("/fail/<n>")
    def fail(n):
        raise ValueError("of the app")

    @app.get("/leak/<n>")
    def leak(n):
        shop.keep()

    @app.get("/stream/<n>")
    def stream(n):
        return shop.chunks()

    api.mount("/v1/", items)
    app.mount("/api/", api)
    app.mount("/sub/", sub)
    return app
