import falcon

TEMPLATES = {
    "cart": "/cart/{n:int}",
    "missing": "/missing/{n}",
    "fail": "/fail/{n}",
    "stream": "/stream/{n}",
    "leak": "/leak/{n}",
    "item": "/api/{lang}/items/{item}",
    "mounted": "/sub/deep/{path:path}",
}
HEAD, NOT_ALLOWED = "cart", "cart"
install = None


def make(shop):
    class Cart:
        def on_get(self, req, resp, **params):
            resp.text = "hello"

        on_post = on_head = on_get

    class Missing:
        def on_get(self, req, resp, n):
            raise falcon.HTTPNotFound

    class Fail:
        def on_get(self, req, resp, n):
            raise ValueError("of the app")

    class Leak:
        def on_get(self, req, resp, n):
            shop.keep()

    class Stream:
        def on_get(self, req, resp, n):
            resp.stream = shop.chunks()

    app = falcon.App()
    for name, resource in {
        "cart": Cart,
        "missing": Missing,
        "fail": Fail,
        "stream": Stream,
        "leak": Leak,
        "item": Cart,
        "mounted": Cart,
    }.items():
        app.add_route(TEMPLATES[name], resource())
    return app
