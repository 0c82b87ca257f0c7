"""A threaded server: what was counted is what was sent, and what was sent is what was answered."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Response
from traffic import send
from werkzeug.serving import WSGIRequestHandler, make_server

from leakguard_flask import LeakGuard


class Silent(WSGIRequestHandler):
    def log(self, *arguments):
        pass


@pytest.fixture
def address(make_app):
    """address(app) -> where a server with a thread for each connection serves it."""
    servers = []

    def serve(app):
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.port}"

    yield serve
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def test_counts_are_those_of_fifty_connections(make_app, address, counted):
    app = make_app()
    LeakGuard(app)
    app.logger.disabled = True
    app.add_url_rule("/items/<int:number>", "items", lambda number: "hello")
    app.add_url_rule("/stream", "stream", lambda: Response(str(n) for n in range(9)))

    @app.get("/fail/<int:number>")
    def fail(number):
        raise ValueError("of the app")

    where = address(app)
    paths = ["/items/1", "/items/2", "/stream", "/fail/1", "/no"]
    with ThreadPoolExecutor(len(paths)) as pool:
        sent = list(pool.map(lambda path: send(where + path, 60, connections=10), paths))
    assert sent == [{200: 60}, {200: 60}, {200: 60}, {500: 60}, {404: 60}]
    deadline = time.monotonic() + 30  # the client has all before the server closes the answer
    while any(row[2] for row in counted(app).values()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert counted(app) == {
        "GET /items/<int:number>": (120, 0, 0),
        "GET /stream": (60, 0, 0),
        "GET /fail/<int:number>": (60, 60, 0),
        "(unmatched)": (60, 0, 0),
    }
