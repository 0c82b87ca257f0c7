from __future__ import annotations

import sys
import types

import pytest

from leakguard.workers import identify, places, under_uwsgi


@pytest.fixture
def command(monkeypatch, tmp_path):
    """command(words, cwd) -> the app of a process that was started so."""

    def identified(line, cwd="srv"):
        (tmp_path / cwd).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / cwd)
        monkeypatch.setattr(sys, "argv", line.split())
        return identify()

    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    return identified


def test_a_name_that_was_given_is_the_app(command):
    command("uvicorn shop:app")
    assert identify("shop").folder == identify("shop").name == "shop"


def test_options_do_not_make_another_app(command):
    folders = {
        command(line).folder
        for line in (
            "/venv/bin/uvicorn shop.asgi:app",
            "/venv/bin/uvicorn shop.asgi:app --port 8001 --host 127.0.0.1",
            "/venv/bin/uvicorn --workers 4 --log-level info shop.asgi:app",
            "/usr/lib/python3/uvicorn/__main__.py shop.asgi:app --bind localhost:8000",
            "gunicorn -k uvicorn.workers.UvicornWorker -w 4 -b unix:/run/shop.sock shop.asgi:app",
        )
    }
    assert len(folders) == 1
    assert command("uvicorn shop.asgi:app").name == "shop.asgi:app"


def test_what_is_served_and_where_does(command):
    folders = {
        command("uvicorn shop:app").folder,
        command("uvicorn shop:admin").folder,
        command("uvicorn blog:app").folder,
        command("uvicorn shop:app", "staging").folder,
        command("uvicorn shop:make_app()").folder,
    }
    assert len(folders) == 5


def test_so_does_the_file_of_the_module(command, monkeypatch):
    def loaded(file):
        module = types.ModuleType("shop_of_the_test")
        module.__file__ = file
        monkeypatch.setitem(sys.modules, "shop_of_the_test", module)
        return command("uvicorn --app-dir x shop_of_the_test:app").folder

    assert loaded("/a/shop.py") == loaded("/a/shop.py") != loaded("/b/shop.py")


def test_a_module_without_an_attribute_counts_when_it_is_loaded(command):
    one, other = command("gunicorn json.decoder"), command("gunicorn json.encoder")
    assert (one.name, other.name) == ("json.decoder", "json.encoder")
    assert one.folder != other.folder
    assert command("gunicorn no.such.module").name == "gunicorn"


def test_otherwise_it_is_the_file_that_runs(command, tmp_path):
    (tmp_path / "srv").mkdir()
    for name in ("one.py", "two.py"):
        (tmp_path / "srv" / name).touch()
    one, two = command("one.py --port 1"), command("two.py --port 2")
    assert (one.name, two.name) == ("one", "two")
    assert one.folder != two.folder
    assert one == command("./one.py") == command(f"{tmp_path}/srv/one.py")
    assert command("-c").name == "python"


def test_django_s_settings_tell_sites_of_one_directory_apart(command, monkeypatch):
    folders = set()
    for settings in ("shop.settings", "blog.settings"):
        monkeypatch.setenv("DJANGO_SETTINGS_MODULE", settings)
        folders.add(command("uwsgi --ini site.ini").folder)
    assert len(folders) == 2


def test_a_folder_is_a_plain_name_whatever_is_served(command):
    for line in ("x ../../etc:passwd", "../..", "x a:b(c='/../')", "x " + "a" * 500 + ":b"):
        folder = command(line).folder
        assert places._is_folder(folder)
        assert "/" not in folder
        assert len(folder) < 60


def test_apps_of_one_directory_that_a_framework_finds_are_told_apart(command, monkeypatch):
    folders = {command(f"flask --app {name} run").folder for name in ("shop", "blog")}
    for name in ("shop", "blog"):
        monkeypatch.setenv("FLASK_APP", name)
        folders.add(command("flask run").folder)
    assert len(folders) == 4
    assert command("flask --app shop run") == command("flask --app=shop --debug run")


def test_so_are_those_of_uwsgi(command, monkeypatch):
    def told(module):
        monkeypatch.setitem(sys.modules, "uwsgi", types.SimpleNamespace(opt={"module": module}))
        return command("uwsgi")

    assert told(b"shop:app").name == "shop:app"
    assert told(b"shop:app").folder != told(b"blog:app").folder


@pytest.mark.parametrize(("option", "warned"), [("enable-threads", 0), ("threads", 0), ("x", 1)])
def test_uwsgi_without_threads_is_warned_of_once(monkeypatch, caplog, option, warned):
    monkeypatch.setitem(sys.modules, "uwsgi", types.SimpleNamespace(opt={option: True}))
    under_uwsgi.warn_once.cache_clear()
    under_uwsgi.warn_once()
    under_uwsgi.warn_once()
    under_uwsgi.warn_once.cache_clear()
    assert ["--enable-threads" in record.message for record in caplog.records] == [True] * warned
