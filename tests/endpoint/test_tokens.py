from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile

import pytest

from leakguard import private_dir
from leakguard.endpoint.first_words import token_at_start
from leakguard.endpoint.tokens import app_token, shared_token
from leakguard.errors import LeakGuardError
from leakguard.settings import Settings


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The temporary directory of a service: no XDG_RUNTIME_DIR."""
    place = tmp_path / "tmp"
    place.mkdir()
    place.chmod(0o1777)
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    for name in ("XDG_RUNTIME_DIR", "LEAKGUARD_TOKEN", "LEAKGUARD_APP_NAME"):
        monkeypatch.delenv(name, raising=False)
    return place


@pytest.fixture
def session(tmp_path, monkeypatch, temporary):
    """The runtime directory of a login."""
    place = tmp_path / "run"
    place.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(place))
    return place


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


def test_it_is_made_once_and_only_this_user_can_read_it(session):
    token = app_token()
    assert len(token) >= 32
    assert app_token() == token
    assert shared_token() == token
    (directory,) = session.iterdir()
    (file,) = directory.iterdir()
    assert (mode(directory), mode(file)) == (0o700, 0o600)
    assert file.read_text() == token + "\n"


def test_without_a_runtime_directory_it_is_below_the_temporary_one(temporary):
    token = app_token()
    assert shared_token() == token
    assert [path.name for path in temporary.iterdir()] == [f"leakguard-{os.geteuid()}"]
    assert mode(temporary / f"leakguard-{os.geteuid()}") == 0o700


@pytest.mark.parametrize("trouble", ["relative", "missing", "open to all", "a file"])
def test_a_runtime_directory_that_is_none_is_not_used(session, temporary, monkeypatch, trouble):
    if trouble == "relative":
        monkeypatch.setenv("XDG_RUNTIME_DIR", "run")
    elif trouble == "missing":
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(session / "missing"))
    elif trouble == "open to all":
        session.chmod(0o777)
    else:
        (session / "file").touch()
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(session / "file"))
    app_token()
    assert len(list(temporary.iterdir())) == 1


def test_apps_of_different_names_have_their_own(session, monkeypatch):
    tokens = {app_token(), app_token("shop"), app_token("blog")}
    assert len(tokens) == 3
    monkeypatch.setenv("LEAKGUARD_APP_NAME", "shop")
    assert shared_token() == app_token("shop")
    assert shared_token("blog") == app_token("blog")


def test_a_name_is_no_path(session):
    with pytest.raises(LeakGuardError, match="cannot be the name of an app"):
        app_token("../shop")


def test_a_token_in_the_environment_is_the_one(session, monkeypatch):
    monkeypatch.setenv("LEAKGUARD_TOKEN", "from-the-environment")
    assert shared_token() == "from-the-environment"


def test_a_login_finds_the_token_of_a_service_and_the_last_used_one_wins(
    session, temporary, monkeypatch
):
    with monkeypatch.context() as service:
        service.delenv("XDG_RUNTIME_DIR")
        of_service = app_token()
        kept = private_dir.directory() / "default.token"
    assert shared_token() == of_service
    assert list(session.iterdir()) == []
    of_login = app_token()
    assert of_login != of_service
    os.utime(kept, (1, 1))
    assert shared_token() == of_login
    with monkeypatch.context() as service:
        service.delenv("XDG_RUNTIME_DIR")
        os.utime(session / "leakguard" / "default.token", (2, 2))
        app_token()
    assert shared_token() == of_service


def test_when_there_is_none_the_reader_s_question_makes_the_one_the_app_will_use(session):
    token = shared_token()
    assert app_token() == token


# somebody else was here first


def squat_with_a_link(place, elsewhere):
    elsewhere.mkdir(mode=0o700)
    place.symlink_to(elsewhere)


def squat_with_an_open_directory(place, elsewhere):
    place.mkdir()
    place.chmod(0o755)


def squat_with_a_file(place, elsewhere):
    place.touch(mode=0o600)


@pytest.mark.parametrize(
    "squat", [squat_with_a_link, squat_with_an_open_directory, squat_with_a_file]
)
def test_a_directory_that_others_could_use_is_refused(temporary, tmp_path, squat):
    squat(temporary / f"leakguard-{os.geteuid()}", tmp_path / "elsewhere")
    for ask in (app_token, shared_token):
        with pytest.raises(LeakGuardError, match=r"does not trust .* Remove it, or set LEAKGUARD"):
            ask()
    assert not (tmp_path / "elsewhere").exists() or not list((tmp_path / "elsewhere").iterdir())


def test_so_is_the_directory_of_another_user(temporary, monkeypatch):
    (temporary / "leakguard-12345").mkdir(mode=0o700)
    monkeypatch.setattr(private_dir, "_uid", lambda: 12345)
    with pytest.raises(LeakGuardError, match=f"belongs to the user id {os.geteuid()}, not 12345"):
        app_token()


def test_a_place_where_nothing_can_be_made_says_what_to_set(temporary, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "missing"))
    with pytest.raises(LeakGuardError, match="Set LEAKGUARD_TOKEN"):
        app_token()


def hold_a_link(file, target):
    target.write_text("x" * 40)
    file.symlink_to(target)


def hold_an_open_file(file, target):
    file.write_text("x" * 40)
    file.chmod(0o644)


def hold_nothing(file, target):
    file.touch(mode=0o600)


def hold_a_short_text(file, target):
    file.touch(mode=0o600)
    file.write_text("short")


def hold_a_pipe(file, target):
    os.mkfifo(file, 0o600)


def hold_a_directory(file, target):
    file.mkdir(mode=0o700)


@pytest.mark.parametrize(
    "hold",
    [
        hold_a_link,
        hold_an_open_file,
        hold_nothing,
        hold_a_short_text,
        hold_a_pipe,
        hold_a_directory,
    ],
)
def test_a_token_file_that_cannot_be_trusted_is_refused(session, tmp_path, hold):
    (session / "leakguard").mkdir(mode=0o700)
    hold(session / "leakguard" / "default.token", tmp_path / "target")
    with pytest.raises(LeakGuardError, match=r"does not use the token file .* Remove it"):
        app_token()


def test_all_workers_that_start_together_have_the_same(session):
    program = (
        "import sys; from leakguard.endpoint.tokens import app_token;"
        "sys.stdin.read(1); print(app_token())"
    )
    workers = [
        subprocess.Popen(
            [sys.executable, "-P", "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        for _ in range(8)
    ]
    for worker in workers:
        worker.stdin.write("x")
        worker.stdin.flush()
    tokens = {worker.communicate(timeout=60)[0].strip() for worker in workers}
    assert len(tokens) == 1
    assert tokens == {app_token()}
    assert [path.name for path in (session / "leakguard").iterdir()] == ["default.token"]


# what is said at the start


class Terminal:
    def __init__(self, is_terminal):
        self.text = ""
        self._is_terminal = is_terminal

    def isatty(self):
        return self._is_terminal

    def write(self, text):
        self.text += text

    def flush(self):
        pass


@pytest.mark.parametrize("is_terminal", [True, False])
def test_only_a_terminal_is_shown_the_token(session, caplog, monkeypatch, is_terminal):
    terminal = Terminal(is_terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    token = token_at_start(Settings.build())
    assert token == app_token()
    assert (token in terminal.text) is is_terminal
    assert token not in caplog.text
    assert ("`leakguard token` prints it" in caplog.text) is not is_terminal


@pytest.mark.parametrize("options", [{"token": "x" * 16}, {"authorize": lambda request: True}])
def test_settings_that_say_who_may_ask_need_none(session, caplog, options):
    assert token_at_start(Settings.build(**options)) is None
    assert list(session.iterdir()) == []
    assert caplog.records == []


def test_an_app_starts_even_where_no_token_can_be_kept(temporary, caplog):
    (temporary / f"leakguard-{os.geteuid()}").touch()
    assert token_at_start(Settings.build()) is None
    assert "/_leak is closed: LeakGuard does not trust" in caplog.text
