from __future__ import annotations

import io

import pytest

from leakguard.routes import sampling

TOKEN = "a-token-that-nobody-may-see"


@pytest.fixture(autouse=True)
def alone(on_its_own, nothing_found):
    pass


@pytest.fixture
def sampled():
    """Stops sampling after a test that turns it on: other tests count rows."""
    yield
    sampling.stop()


@pytest.fixture
def environ():
    """environ(path, method) -> what a server passes to an app."""
    return _environ


@pytest.fixture
def counted():
    """counted(app) -> requests, errors, in flight of each route."""
    return _counted


def _environ(path="/", method="GET", **more):
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **more,
    }


def _counted(app):
    return {row.route: (row.requests, row.errors, row.in_flight) for row in app._ledger.rows()}
