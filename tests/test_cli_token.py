"""The verb `leakguard token`."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

import pytest

from leakguard import cli
from leakguard.endpoint.tokens import app_token

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's private directory without any token yet."""
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv("LEAKGUARD_TOKEN", raising=False)
    monkeypatch.delenv("LEAKGUARD_APP", raising=False)
    return tmp_path


def test_token_prints_what_the_workers_of_the_app_use(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    used = app_token()
    assert cli.main(["token"]) == 0
    out, err = capsys.readouterr()
    assert out == f"{used}\n"
    assert err == ""


def test_token_of_a_named_app(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    used = app_token("shop")
    assert cli.main(["token", "--app", "shop"]) == 0
    assert capsys.readouterr().out == f"{used}\n"
    assert used != app_token()


def test_token_prints_the_one_that_the_environment_gives(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEAKGUARD_TOKEN", "correct-horse-battery")
    assert cli.main(["token"]) == 0
    assert capsys.readouterr().out == "correct-horse-battery\n"
    assert list(home.iterdir()) == []


def test_token_refuses_a_name_that_is_no_app(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["token", "--app", "../shop"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("leakguard: ")
    assert err.count("\n") == 1
