"""What a command line says to serve, and what it is called."""

from __future__ import annotations

import sys
import types

import pytest

from leakguard import served


@pytest.fixture
def started(monkeypatch):
    def label(line):
        monkeypatch.setattr(sys, "argv", line.split())
        return served.label()

    return label


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("/venv/bin/uvicorn shop:app --port 8000", "shop:app"),
        ("/site/uvicorn/__main__.py --workers 4 shop:app", "shop:app"),
        (
            "/site/gunicorn/__main__.py shop.wsgi:make_app('/a/b') -w 2",
            "shop.wsgi:make_app('/a/b')",
        ),
        ("/site/uvicorn/__main__.py", "uvicorn"),
        ("/srv/shop/serve.py", "serve"),
        ("flask --app deploy/shop.py run --port 1", "shop.py"),
        ("flask --app=shop run", "shop"),
        ("celery -A shop.jobs worker", "shop.jobs"),
        ("-c", "python"),
        ("", "python"),
    ],
)
def test_the_label(started, line, label):
    assert started(line) == label


@pytest.mark.parametrize(
    ("options", "label"),
    [
        ({"module": b"shop:app", "enable-threads": True}, "shop:app"),
        ({"ini": b"shop.ini", "wsgi-file": b"/srv/shop/wsgi.py"}, "wsgi.py"),
        ({"mount": (b"/a=shop:app", b"/b=blog:app")}, "shop:app blog:app"),
        ({"http": b":8000"}, "uwsgi"),
    ],
)
def test_of_uwsgi(started, monkeypatch, options, label):
    monkeypatch.setitem(sys.modules, "uwsgi", types.SimpleNamespace(opt=options))
    assert started("uwsgi") == label
