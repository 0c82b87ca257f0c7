from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

TEMPLATES = {
    "cart": r"/cart/{n:\d+}",
    "missing": "/missing/{n}",
    "fail": "/fail/{n}",
    "stream": "/stream/{n}",
    "leak": "/leak/{n}",
    "item": "/api/{lang}/items/{item}",
    "mounted": "/sub/deep/*path",
}
HEAD, NOT_ALLOWED = "cart", "cart"
install = None


def make(shop):
    def cart(request):
        return Response("hello")

    def missing(request):
        raise HTTPNotFound

    def fail(request):
        raise ValueError("of the app")

    def leak(request):
        shop.keep()
        return Response("kept")

    def stream(request):
        return Response(app_iter=shop.chunks())

    def add(config, name, pattern, view):
        config.add_route(name, pattern)
        config.add_view(view, route_name=name, request_method=("GET", "POST"))

    def items(config):
        add(config, "item", "items/{item}", cart)

    def api(config):
        config.include(items)

    def sub(config):
        add(config, "mounted", "/deep/*path", cart)

    config = Configurator()
    add(config, "cart", r"/cart/{n:\d+}", cart)
    add(config, "missing", "missing/{n}", missing)
    add(config, "fail", "/fail/{n}", fail)
    add(config, "stream", "/stream/{n}", stream)
    add(config, "leak", "/leak/{n}", leak)
    config.include(api, route_prefix="api/{lang}")
    config.include(sub, route_prefix="/sub")
    return config.make_wsgi_app()
