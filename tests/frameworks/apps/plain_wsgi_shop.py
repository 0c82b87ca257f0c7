TEMPLATES = {
    "cart": "/cart/{n}",
    "fail": "/fail/{n}",
    "stream": "/stream/{n}",
    "leak": "/leak/{n}",
    "item": "/api/v1/items/{n}",
    "mounted": "/sub/deep/a/b",
}
HEAD, NOT_ALLOWED = "cart", None
install = None


def make(shop):
    def app(environ, start_response):
        first = environ["PATH_INFO"].split("/")[1]
        if environ["REQUEST_METHOD"] == "DELETE":
            start_response("405 Method Not Allowed", [])
        elif first == "fail":
            raise ValueError("of the app")
        elif first == "leak":
            shop.keep()
            start_response("200 OK", [])
        elif first == "stream":
            start_response("200 OK", [])
            return shop.chunks()
        elif first in ("cart", "api", "sub"):
            start_response("200 OK", [])
        else:
            start_response("404 Not Found", [])
        return []

    return app
