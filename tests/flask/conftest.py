from __future__ import annotations

import os

import pytest
from flask import Flask

TOKEN = "a-token-that-nobody-may-see"


@pytest.fixture(autouse=True)
def without_options(monkeypatch, on_its_own):
    for name in list(os.environ):
        if name.startswith("LEAKGUARD_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def examine(nothing_found):
    pass


@pytest.fixture
def make_app():
    """make_app(**config) -> a Flask app that no LeakGuard has wrapped yet."""

    def make(**config):
        app = Flask("shop", static_folder=None)
        app.config.update(LEAKGUARD_TOKEN=TOKEN, LEAKGUARD_SAMPLING=False)
        app.config.update(config)
        return app

    return make


@pytest.fixture
def counted():
    """counted(app) -> requests, errors, in flight of each route."""

    def rows(app):
        ledger = app.extensions["leakguard"]._ledger
        return {row.route: (row.requests, row.errors, row.in_flight) for row in ledger.rows()}

    return rows
