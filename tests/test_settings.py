from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from leakguard.errors import SettingsError
from leakguard.settings import FrameworkSettings, Options, Settings

TOKEN = "sixteen-letters!"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith("LEAKGUARD_"):
            monkeypatch.delenv(name)


def test_defaults():
    settings = Settings.build()
    assert settings == Settings()
    assert (settings.path, settings.token, settings.top) == ("/_leak", None, 5)
    assert (settings.cooldown, settings.timeout, settings.memory_limit) == (5.0, 60.0, None)


def test_a_keyword_wins_over_the_environment_which_wins_over_the_default(monkeypatch):
    monkeypatch.setenv("LEAKGUARD_TOP", "7")
    monkeypatch.setenv("LEAKGUARD_PATH", "/from-env")
    settings = Settings.build(path="/from-keyword")
    assert (settings.top, settings.path) == (7, "/from-keyword")


def in_config(**values):
    return FrameworkSettings("key of config", lambda option: f"MY_{option.upper()}", values)


def test_the_environment_wins_over_the_framework_which_wins_over_the_default(monkeypatch):
    monkeypatch.setenv("LEAKGUARD_TOP", "7")
    framework = in_config(MY_TOP=3, MY_PATH="/config", MY_COOLDOWN=2, MY_TOKEN=None)
    settings = Settings.build(framework, cooldown=1)
    assert (settings.top, settings.path, settings.cooldown) == (7, "/config", 1.0)
    assert settings.token is None


def test_a_setting_of_the_framework_is_named_as_it_is_written_there():
    with pytest.raises(SettingsError, match="no key of config 'MY_TOKN'; did you mean 'MY_TOKEN'"):
        Settings.build(in_config(MY_TOKN="x"))
    with pytest.raises(SettingsError, match="MY_TOP must be a whole number"):
        Settings.build(in_config(MY_TOP="many"))


def test_none_and_an_empty_variable_count_as_not_given(monkeypatch):
    monkeypatch.setenv("LEAKGUARD_TOKEN", "")
    monkeypatch.setenv("LEAKGUARD_TOP", "9")
    settings = Settings.build(token=None, top=None)
    assert settings.token is None
    assert settings.top == 9


def test_every_option_but_the_callable_can_come_from_the_environment(monkeypatch):
    texts = {
        "token": TOKEN,
        "path": "/x",
        "allowed_hosts": "a.example, *.b.example:8000",
        "app_name": "shop",
        "top": "3",
        "cooldown": "0.5",
        "timeout": "30",
        "memory_limit": "512MB",
        "max_routes": "10",
        "sampling": "128K",
        "numpy": "yes",
        "baseline": "off",
        "keep_images": "3",
        "keep_image_bytes": "64M",
        "listener": "no",
    }
    assert set(texts) == {field.name for field in dataclasses.fields(Settings)} - {"authorize"}
    for name, text in texts.items():
        monkeypatch.setenv(f"LEAKGUARD_{name.upper()}", text)
    assert Settings.build() == Settings(
        token=TOKEN,
        path="/x",
        allowed_hosts=("a.example", "*.b.example:8000"),
        app_name="shop",
        top=3,
        cooldown=0.5,
        timeout=30.0,
        memory_limit=512 << 20,
        max_routes=10,
        sampling=128 << 10,
        numpy=True,
        baseline=False,
        keep_images=3,
        keep_image_bytes=64 << 20,
        listener=False,
    )


def test_an_unknown_keyword_names_the_close_match():
    with pytest.raises(SettingsError, match="no option 'tokn'; did you mean 'token'"):
        Settings.build(tokn=TOKEN)


def test_an_unknown_keyword_like_nothing_lists_what_there_is():
    with pytest.raises(SettingsError, match="there are: allowed_hosts, app_name, authorize"):
        Settings.build(zzzzzzzz=1)


def test_an_unknown_variable_names_the_close_match(monkeypatch):
    monkeypatch.setenv("LEAKGUARD_COOLDOWNS", "3")
    with pytest.raises(SettingsError, match="'LEAKGUARD_COOLDOWNS'; did you mean 'LEAKGUARD_CO"):
        Settings.build()


def test_what_kubernetes_sets_for_a_service_of_our_name_is_no_option(monkeypatch):
    monkeypatch.setenv("LEAKGUARD_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("LEAKGUARD_SERVICE_PORT_HTTP", "80")
    monkeypatch.setenv("LEAKGUARD_PORT_80_TCP", "tcp://10.0.0.1:80")
    assert Settings.build() == Settings()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("token", "short", "at least 16 characters"),
        ("token", b"sixteen-letters!", "at least 16 characters"),
        ("token", "with a space inside", "without spaces"),
        ("token", "ümlautümlautümlaut", "ASCII"),
        ("authorize", "yes", "a function of the request"),
        ("path", "_leak", "start with '/'"),
        ("path", "/", "at least one segment"),
        ("path", "/_leak/", "end without '/'"),
        ("path", "/a/../b", "path must"),
        ("path", "/a?b", "path must"),
        ("path", 3, "path must"),
        ("allowed_hosts", ["https://a.example"], "no host name"),
        ("allowed_hosts", [3], "no host name"),
        ("allowed_hosts", 3, "list of host names"),
        ("app_name", "../etc", "name of at most 64"),
        ("app_name", "", "name of at most 64"),
        ("top", 0, "from 1 to 50"),
        ("top", 51, "from 1 to 50"),
        ("top", True, "from 1 to 50"),
        ("top", "five", "from 1 to 50"),
        ("cooldown", -1, "seconds from 0"),
        ("cooldown", float("nan"), "seconds from 0"),
        ("timeout", 0, "seconds from 0.1"),
        ("timeout", "soon", "seconds from 0.1"),
        ("memory_limit", 1000, "at least 1 MB"),
        ("memory_limit", "lots", "at least 1 MB"),
        ("max_routes", 0, "from 1 to 10000"),
        ("sampling", "sometimes", "True, False or the bytes"),
        ("sampling", 63, "from 64 to 1 GB"),
        ("sampling", -1, "from 64 to 1 GB"),
        ("sampling", 64.0, "True, False or the bytes"),
        ("numpy", "perhaps", "True or False"),
        ("numpy", 1, "True or False"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_the_reason(name, value, says):
    with pytest.raises(SettingsError, match=name) as caught:
        Settings.build(**{name: value})
    assert says in str(caught.value)


def test_a_message_names_the_variable_the_value_came_from(monkeypatch):
    monkeypatch.setenv("LEAKGUARD_TOP", "many")
    with pytest.raises(SettingsError, match=r"LEAKGUARD_TOP must be .* not 'many'"):
        Settings.build()


@pytest.mark.parametrize("token", ["tooshort-secret", "secret secret secret secret"])
def test_no_message_shows_the_token(token):
    with pytest.raises(SettingsError) as caught:
        Settings.build(token=token)
    assert token not in str(caught.value)


def test_neither_does_the_repr():
    assert TOKEN not in repr(Settings.build(token=TOKEN))


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1048576", 1 << 20),
        ("2M", 2 << 20),
        ("2 MiB", 2 << 20),
        ("1gb", 1 << 30),
        (1 << 22, 1 << 22),
    ],
)
def test_memory_is_bytes_or_a_number_with_a_unit(text, size):
    assert Settings.build(memory_limit=text).memory_limit == size


@pytest.mark.parametrize(
    ("value", "interval"),
    [
        (True, 65_536),
        (False, 0),
        (0, 0),
        ("off", 0),
        ("True", 65_536),
        ("1", 65_536),
        ("0", 0),
        (512 << 10, 512 << 10),
        ("512K", 512 << 10),
        ("64", 64),
    ],
)
def test_sampling_is_on_off_or_an_interval(value, interval):
    assert Settings.build(sampling=value).sampling == interval


def test_the_type_checkers_know_the_same_options():
    assert set(Options.__annotations__) == {field.name for field in dataclasses.fields(Settings)}


def test_the_page_of_options_has_each_once():
    page = Path(__file__).parents[1] / "docs" / "options.md"
    rows = [line.split("`")[1] for line in page.read_text().splitlines() if line.startswith("| `")]
    assert rows == [field.name for field in dataclasses.fields(Settings)]
