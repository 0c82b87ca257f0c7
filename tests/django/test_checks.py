"""What `manage.py check` says of a project."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.http import HttpResponse
from django.test import override_settings
from django.urls import include, path, re_path

OURS = "leakguard_django.LeakGuard"
COMMON = "django.middleware.common.CommonMiddleware"
TOKEN = "a-token-that-nobody-may-see"


def view(request):
    return HttpResponse("hello")


urlpatterns = [
    path("shop/<int:pk>/", view),
    path("shopping/", view),
    path("blog/", include([path("", view), path("new/", view)])),
    re_path(r"^old$", view),
    re_path(r"^news/?$", view),
    re_path(r"^help/", include([re_path(r"^how\-to/$", view), re_path(r"^(?P<name>\w+)/$", view)])),
    path("tags/<slug:tag>", view),
    path("<path:anything>", view),
    path("ops/", include("leakguard_django.urls")),
]


def found(**settings):
    with override_settings(**settings):
        return {message.id: message for message in run_checks(tags=["leakguard"])}


def test_a_project_that_is_right_is_not_talked_about():
    assert found() == {}


def test_an_unknown_key_names_the_close_match():
    messages = found(LEAKGUARD={"tokn": TOKEN})
    assert list(messages) == ["leakguard.E001"]
    assert messages["leakguard.E001"].is_serious()
    assert "did you mean 'token'?" in messages["leakguard.E001"].msg
    assert TOKEN not in str(messages)


def test_a_value_that_cannot_be_used_is_an_error():
    assert "'/_leak'" in found(LEAKGUARD={"path": "leak"})["leakguard.E001"].msg


def test_no_token_outside_debug_is_a_warning(monkeypatch):
    message = found(LEAKGUARD={})["leakguard.W001"]
    assert not message.is_serious()
    assert "LEAKGUARD_TOKEN" in message.hint
    assert found(LEAKGUARD={}, DEBUG=True) == {}
    assert found(LEAKGUARD={"authorize": "leakguard_django.may_view_report"}) == {}
    monkeypatch.setenv("LEAKGUARD_TOKEN", TOKEN)
    assert found(LEAKGUARD={}) == {}


@pytest.mark.parametrize(
    ("middleware", "expected"),
    [
        ([], ["leakguard.W002"]),
        ([COMMON], ["leakguard.W002"]),
        ([COMMON, OURS], ["leakguard.W003"]),
        ([OURS, COMMON, "leakguard_django.middleware.LeakGuardMiddleware"], ["leakguard.E002"]),
        ([OURS, COMMON], []),
        (["leakguard_django.middleware.LeakGuardMiddleware"], []),
    ],
)
def test_the_middleware_should_be_first(middleware, expected):
    messages = found(MIDDLEWARE=middleware)
    assert list(messages) == expected
    assert all("first" in message.hint for message in messages.values())


@pytest.mark.parametrize(
    ("own", "shadowed"),
    [
        ("/shop", "shop/<int:pk>/"),
        ("/blog/new", "blog/new/"),
        ("/old", "^old$"),
        ("/news", "^news/?$"),
        ("/help/how-to", r"^help/how\-to/$"),
        ("/help/leak", r"^help/(?P<name>\w+)/$"),
        ("/tags/leak", "tags/<slug:tag>"),
    ],
)
def test_a_path_that_shadows_a_url_is_told(own, shadowed):
    message = found(LEAKGUARD={"token": TOKEN, "path": own})["leakguard.W004"]
    assert repr(shadowed) in message.msg
    assert own in message.msg


@pytest.mark.parametrize("own", ["/_leak", "/ops", "/shop/leak", "/olds", "/help/a-b", "/tags/a/b"])
def test_other_paths_shadow_nothing(own):
    assert found(LEAKGUARD={"token": TOKEN, "path": own}) == {}
