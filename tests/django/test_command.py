"""`manage.py leakguard token`."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

urlpatterns = []


def printed(*arguments):
    out = io.StringIO()
    call_command("leakguard", *arguments, stdout=out)
    return out.getvalue().strip()


def test_the_token_of_the_settings_is_printed():
    token = "a-token-that-nobody-may-see"
    assert printed("token") == token
    assert json.loads(printed("token", "--json")) == {"token": token}


def test_the_token_that_was_made_opens_the_endpoint():
    with override_settings(LEAKGUARD={"app_name": "shop", "sampling": False}):
        client = Client()
        assert client.get("/_leak").status_code == 401
        headers = {"Authorization": f"Bearer {printed('token')}"}
        assert client.get("/_leak", headers=headers).status_code == 200


def test_a_project_without_a_token_says_who_decides():
    given = {"authorize": "leakguard_django.may_view_report"}
    with override_settings(LEAKGUARD=given), pytest.raises(CommandError, match="authorize") as told:
        printed("token")
    assert told.value.returncode == 2


def test_settings_that_are_wrong_are_one_line():
    given = override_settings(LEAKGUARD={"tokn": "x"})
    with given, pytest.raises(CommandError, match="did you mean 'token'"):
        printed("token")


def test_the_other_verbs_are_those_of_the_command_line(capsys, tmp_path):
    with pytest.raises(SystemExit) as left:
        printed("open", str(tmp_path / "nothing.lgheap"))
    assert left.value.code == 2
    assert "cannot open" in capsys.readouterr().err


def test_the_app_of_the_settings_is_meant(capsys):
    with (
        override_settings(LEAKGUARD={"app_name": "django-shop"}),
        pytest.raises(SystemExit) as left,
    ):
        printed("top", "--top", "3")
    assert left.value.code == 2
    assert "there is no app 'django-shop' here" in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "told"), [((), "VERB"), (("tokn",), "invalid choice")])
def test_a_verb_that_there_is_not_is_refused(arguments, told):
    with pytest.raises(CommandError, match=told):
        printed(*arguments)
