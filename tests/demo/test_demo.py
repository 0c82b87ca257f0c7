"""`make demo`: what can be asked of it, and one story of another framework told whole."""

from __future__ import annotations

import demo
import pytest

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ([], (["closure"], ["starlette"])),
        (["cache"], (["cache"], ["starlette"])),
        (["flask"], (["closure"], ["flask"])),
        (["listener", "django", "flask"], (["listener"], ["django", "flask"])),
        (["all", "django"], (["closure", "cache", "listener"], ["django"])),
    ],
)
def test_stories_and_frameworks_are_named_in_any_order(names, chosen):
    assert demo.chosen(names) == chosen


def test_an_unknown_name_is_told_with_those_that_there_are(capsys):
    assert demo.main(["cache", "flasc"]) == 2
    assert "unknown: flasc; there are closure, " in capsys.readouterr().err


def test_each_story_is_in_each_framework():
    for story in demo.STORIES.values():
        for framework in demo.FRAMEWORKS.values():
            for module in ("leaky", "fixed"):
                path = demo.HERE / story.directory / f"{framework.prefix}{module}.py"
                assert path.is_file(), path


@pytest.mark.parametrize("framework", ["flask", "django"])
def test_the_story_of_the_cache_is_told(framework, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    tmp_path.chmod(0o700)
    assert demo.main(["cache", framework]) == 0
    told = capsys.readouterr().out
    assert told.count("==> examples/global_cache_leak/") == 2
    assert "GET /arr seems to leak" in told
    assert "leaky.ARR" in told
    assert "Nothing stands out" in told
