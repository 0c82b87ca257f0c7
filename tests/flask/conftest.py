from __future__ import annotations

import os
import tempfile

import pytest
from flask import Flask

from leakguard import pipeline
from leakguard.analyser import Examined
from leakguard.analysis.findings import Findings, ProcessFacts, SnapshotFacts, Verdict
from leakguard.endpoint import lockout
from leakguard.routes import sampling

TOKEN = "a-token-that-nobody-may-see"


@pytest.fixture(autouse=True)
def on_its_own(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name in list(os.environ):
        if name.startswith("LEAKGUARD_"):
            monkeypatch.delenv(name)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    lockout.process_lockout.cache_clear()
    yield
    lockout.process_lockout.cache_clear()
    sampling.stop()


@pytest.fixture(autouse=True)
def examine(monkeypatch):
    def fake(*arguments, **options):
        findings = Findings(
            ProcessFacts(1, "host-1", "3.12.1", 1.0, 1 << 20),
            SnapshotFacts("fork", 0.003, 0.2, 10, 9, 30, 1 << 20, 0.96),
            Verdict("none", "Nothing stands out.", 0.8),
            (),
            (),
        )
        return Examined(findings, None)

    monkeypatch.setattr(pipeline, "examine_with", fake)


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
