"""`manage.py`: what serves is watched, and what does not leaves no trace of LeakGuard."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest
from serving import free_port, running

PROJECT = '''
import json
import os
import sys

SECRET_KEY = "only for tests"
DEBUG = True
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "shop"
INSTALLED_APPS = [
    "leakguard_django", "django.contrib.auth", "django.contrib.contenttypes"
]
MIDDLEWARE = ["leakguard_django.LeakGuard"]
LEAKGUARD = {"app_name": "shop", "baseline": False}
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.sqlite3"}}


def state():
    from leakguard.routes import sampling

    made = sys.modules.get("leakguard_django.core")
    known = made is not None and made.core.cache_info().currsize > 0
    return {"sampling": sampling.running(), "core": known}


def shown(request):
    from django.http import JsonResponse

    return JsonResponse(state())


class Urls:
    """Only the commands that read the URL configuration need Django's."""

    def __iter__(self):
        from django.urls import path

        yield path("state/", shown)


urlpatterns = Urls()
'''
MANAGE = """
import json
import sys
from pathlib import Path

import shop
from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
Path(f"{sys.argv[1]}.json").write_text(json.dumps(shop.state()))
"""
COMMANDS = (
    ("migrate", "--verbosity=0"),
    ("showmigrations",),
    ("check",),
    ("shell", "-c", "import shop; shop.state()"),
)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The project's directory; the workers of its app would meet in `run` below it."""
    (tmp_path / "shop.py").write_text(PROJECT)
    (tmp_path / "manage.py").write_text(MANAGE)
    (tmp_path / "run").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "shop")
    before = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(tmp_path), before])))
    return tmp_path


def sockets(place):
    return [path for path in (place / "run").rglob("*") if path.is_socket()]


def test_commands_that_do_not_serve_start_nothing(place):
    started = [
        subprocess.Popen(
            [sys.executable, "-P", "manage.py", *command],
            cwd=place,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for command in COMMANDS
    ]
    for process in started:
        printed, _ = process.communicate(timeout=120)
        assert process.returncode == 0, printed.decode()
        assert b"LeakGuard" not in printed  # nor does any of them speak of a token
    for name, *_ in COMMANDS:
        found = json.loads((place / f"{name}.json").read_text())
        assert found == {"sampling": False, "core": False}, name
    assert list((place / "run").iterdir()) == []


def test_runserver_samples_and_makes_itself_known(place):
    port = free_port()
    command = [sys.executable, "-P", "manage.py", "runserver", "--noreload", str(port)]
    with running(command, port, place / "log", directory=place) as server:
        assert server.get("/state/").json() == {"sampling": True, "core": True}
        deadline = time.monotonic() + 60
        while not sockets(place):
            assert server.get("/state/").status == 200
            assert time.monotonic() < deadline
            time.sleep(0.05)
        routes = {row["route"] for row in server.leak("format=json").json()["routes"]}
    assert "GET /state/" in routes
