"""The dict LEAKGUARD: its keys, its values, and what wins over it."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings

from leakguard.errors import SettingsError
from leakguard_django import conf

TOKEN = "another-token-of-the-project"
urlpatterns = []


def authorize(request):
    return "Mozilla" in (request.scope["django.request"].headers.get("User-Agent") or "")


def test_keys_may_be_in_upper_case():
    with override_settings(LEAKGUARD={"TOKEN": TOKEN, "Top": 7, "path": "/ops/leak"}):
        settings = conf.build()
    assert (settings.token, settings.top, settings.path) == (TOKEN, 7, "/ops/leak")


def test_there_need_be_no_dict():
    with override_settings():
        from django.conf import settings

        del settings.LEAKGUARD
        assert conf.build().path == "/_leak"


def test_the_environment_wins_over_the_dict(monkeypatch):
    monkeypatch.setenv("LEAKGUARD_TOP", "9")
    monkeypatch.setenv("LEAKGUARD_TIMEOUT", "")
    with override_settings(LEAKGUARD={"top": 7, "timeout": 8}):
        assert (conf.build().top, conf.build().timeout) == (9, 8.0)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"tokn": TOKEN}, "did you mean 'token'"),
        ({"TOKEN": "short"}, "at least 16 characters"),
        ({"top": 7, "TOP": 8}, "'top' twice"),
        ({1: 2}, "keys are names"),
        (["token"], "must be a dict"),
        ({"authorize": "shop.no_such_module.may"}, "cannot be imported"),
    ],
)
def test_what_is_wrong_is_told_when_the_project_starts(given, told):
    with override_settings(LEAKGUARD=given), pytest.raises(SettingsError, match=told) as raised:
        Client().get("/")
    assert TOKEN not in str(raised.value)


def test_a_wrong_value_is_told_although_the_environment_replaces_it(monkeypatch):
    monkeypatch.setenv("LEAKGUARD_TOP", "9")
    with override_settings(LEAKGUARD={"top": "many"}), pytest.raises(SettingsError, match="top"):
        conf.build()


@pytest.mark.parametrize("given", [authorize, f"{__name__}.authorize"])
def test_authorize_is_a_callable_or_its_name(given):
    with override_settings(LEAKGUARD={"authorize": given, "sampling": False}):
        client = Client()
        assert client.get("/_leak").status_code == 401
        assert client.get("/_leak", headers={"User-Agent": "Mozilla"}).status_code == 200
