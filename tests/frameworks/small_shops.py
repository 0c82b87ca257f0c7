"""Apps of one route, `/cart/<n>`, each made anew: for what is wrapped, mounted or mistaken."""

from __future__ import annotations

import bottle
import falcon
import flask
import litestar
import quart


def litestar_app(*more):
    @litestar.get(["/cart/{n:int}", "/"])
    async def cart() -> str:
        return "hello"

    return litestar.Litestar([cart, *more], logging_config=None, openapi_config=None)


def quart_app():
    app = quart.Quart("shop")

    @app.get("/cart/<n>")
    async def cart(n):
        return "hello"

    return app


def flask_app():
    app = flask.Flask("shop")
    app.add_url_rule("/cart/<n>", "cart", lambda n: "hello")
    return app


def bottle_app():
    app = bottle.Bottle()
    app.route("/cart/<n>", callback=lambda n: "hello")
    return app


def falcon_app():
    class Cart:
        def on_get(self, req, resp, n):
            resp.text = "hello"

    app = falcon.App()
    app.add_route("/cart/{n}", Cart())
    return app
