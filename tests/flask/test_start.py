"""Nothing runs where the app is only made; its first request starts all, in whichever process."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from leakguard import wsgi
from leakguard.errors import SettingsError
from leakguard.routes import sampling
from leakguard_flask import LeakGuard

SHOP = """
import atexit
import json
import os
from pathlib import Path

from flask import Flask
from leakguard.routes import sampling
from leakguard_flask import LeakGuard

app = Flask(__name__)
app.config["LEAKGUARD_TOKEN"] = "a-token-that-nobody-may-see"
LeakGuard(app)


@app.route("/items/<int:number>")
def items(number):
    return "hello"


def state():
    place = Path(os.environ["XDG_RUNTIME_DIR"])
    return [sampling.running(), len(list(place.rglob("*.sock")))]


@app.cli.command()
def ask():
    before = state()
    app.test_client().get("/items/1")
    print(json.dumps([before, state()]))


@app.cli.command()
def fork():
    reading, writing = os.pipe()
    if not os.fork():
        app.test_client().get("/items/1")
        os.write(writing, json.dumps(state()).encode())
        os._exit(0)
    os.close(writing)
    with open(reading) as told:
        child = json.load(told)
    os.wait()
    print(json.dumps([child, sampling.running()]))


@atexit.register
def tell():
    print(json.dumps(state()))
"""


@pytest.fixture
def flask(tmp_path):
    """flask(*arguments) -> what `flask` has printed, in a directory with an app."""
    place = tmp_path / "runtime"
    place.mkdir(mode=0o700)
    (tmp_path / "shop.py").write_text(SHOP)

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "shop", *arguments],
            cwd=tmp_path,
            env=os.environ | {"XDG_RUNTIME_DIR": str(place), "TMPDIR": str(place)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    return run


def test_a_command_that_serves_nothing_starts_nothing(flask):
    *table, at_exit = flask("routes").splitlines()
    assert "/items/<int:number>" in "".join(table)
    assert json.loads(at_exit) == [False, 0]


def test_nor_does_a_command_that_a_test_runs(make_app):
    app = make_app(LEAKGUARD_SAMPLING=True)
    LeakGuard(app)
    assert app.test_cli_runner().invoke(args=["leakguard", "token"]).exit_code == 0
    assert not sampling.running()
    app.test_client().get("/")
    assert sampling.running()


def test_the_first_request_starts_sampling_and_registers_the_worker(flask):
    assert json.loads(flask("ask").splitlines()[0]) == [[False, 0], [True, 1]]


def test_a_forked_worker_starts_by_itself_and_its_master_never_does(flask):
    assert json.loads(flask("fork").splitlines()[0]) == [[True, 1], False]


def test_after_the_first_request_nothing_is_left_of_having_waited(make_app, counted):
    app = make_app()
    LeakGuard(app)
    guarded = app.wsgi_app
    assert isinstance(guarded, wsgi.LeakGuard)
    app.test_client().get("/", buffered=True)
    assert app.wsgi_app is guarded
    assert type(guarded) is wsgi.LeakGuard
    assert counted(app) == {"(unmatched)": (1, 0, 0)}


def test_what_fails_at_the_first_request_is_not_the_requests(make_app, monkeypatch, caplog):
    app = make_app()
    LeakGuard(app)
    app.add_url_rule("/", "hello", lambda: "hello")

    def fail():
        raise OSError("of LeakGuard")

    monkeypatch.setattr(app.extensions["leakguard"].endpoint, "join", fail)
    assert [app.test_client().get("/").text for _ in range(2)] == ["hello", "hello"]
    assert caplog.text.count("OSError: of LeakGuard") == 1


@pytest.mark.parametrize("value", ["often", -1])
def test_an_interval_that_cannot_be_used_does_not_wait_for_a_request(make_app, value):
    with pytest.raises(SettingsError, match="LEAKGUARD_SAMPLING"):
        LeakGuard(make_app(LEAKGUARD_SAMPLING=value))
